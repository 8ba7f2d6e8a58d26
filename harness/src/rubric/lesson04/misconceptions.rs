//! What people believe about serving HTTP, and how it really is.

use crate::misconceptions;

misconceptions! { ALL:
    // Messages: requests read and responses written.

    // Files.

    // Connections.

    // The program.
}
