//! What the rubrics of several lessons share. Nothing here knows a lesson: they are in `rubrics/`, a package for each.

pub mod accept;
pub mod by_hand;
pub mod connection;
pub mod control;
pub mod faster;
pub mod folder;
pub mod message;
pub mod program;
pub mod sleep;
