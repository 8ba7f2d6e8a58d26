//! What two recordings of the same may differ in: the ports that the kernel chose, the time of day, how long
//! something took, the name of a case's folder. All else is the same each time: the grader is told what to choose.

/// The ports that Linux chooses from, see ip_local_port_range in ip(7).
const PORTS: std::ops::RangeInclusive<u32> = 32768..=60999;
/// Fields whose value is a date, as RFC 9110, section 5.6.7 has it; and how long that is.
const DATES: [&str; 2] = ["Date: ", "Last-Modified: "];
const DATE: usize = "Sun, 06 Nov 1994 08:49:37".len();
/// What the name of a case's folder begins with; and how many digits follow.
const FOLDER: &str = "socketlings-folder-";
const DIGITS: usize = 16;

/// A picture to be compared: the same for two that differ only in what may differ. Ports are numbered in the order
/// in which they come, so that two of them are not the same one.
pub fn masked(svg: &str) -> String {
    without_numbers(&without_dates(&svg.replace("\r\n", "\n")))
}

fn without_dates(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let is_of_a_date = |byte: &u8| byte.is_ascii_alphanumeric() || b" ,:".contains(byte);
    // Of what is long, the end may begin in the middle of a date.
    for (end, _) in text.match_indices(" GMT") {
        let before = bytes[..end].iter_mut().rev().take(DATE);
        before
            .take_while(|it| is_of_a_date(it))
            .for_each(|it| *it = b'#');
    }
    // And its beginning may end there.
    for field in DATES {
        for (start, _) in text.match_indices(field) {
            let behind = bytes[start + field.len()..].iter_mut().take(DATE);
            let date = behind.take_while(|it| is_of_a_date(it) || **it == b'#');
            date.for_each(|it| *it = b'#');
        }
    }
    for (start, _) in text.match_indices(FOLDER) {
        let digits = bytes[start + FOLDER.len()..].iter_mut().take(DIGITS);
        digits
            .take_while(|it| it.is_ascii_hexdigit())
            .for_each(|it| *it = b'#');
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn without_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut ports: Vec<u32> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|it: char| it.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        masked.push_str(before);
        let is_of_a_number = |it: char| it.is_ascii_digit() || it == '.';
        let end = number
            .find(|it| !is_of_a_number(it))
            .unwrap_or(number.len());
        // A sentence may end behind it.
        let end = number[..end].trim_end_matches('.').len();
        let (number, after) = number.split_at(end);
        rest = after;
        let stands_alone = !masked.ends_with(|it: char| it.is_ascii_alphanumeric())
            && !after.starts_with(|it: char| it.is_ascii_alphanumeric());
        let port = number.parse().ok().filter(|it| PORTS.contains(it));
        if after.starts_with(" ms") {
            masked.push('#');
        } else if let Some(port) = port.filter(|_| stands_alone) {
            let known = ports.iter().position(|it| *it == port);
            let known = known.unwrap_or_else(|| {
                ports.push(port);
                ports.len() - 1
            });
            masked.push_str(&format!("#port{known}"));
        } else {
            masked.push_str(number);
        }
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_may_differ_and_other_numbers_may_not() {
        let one = masked("127.0.0.1:40001 calls 127.0.0.1:40002, which has 127.0.0.1:40001");
        assert_eq!(
            one,
            masked("127.0.0.1:50001 calls 127.0.0.1:33333, which has 127.0.0.1:50001")
        );
        assert_ne!(
            one,
            masked("127.0.0.1:50001 calls 127.0.0.1:33333, which has 127.0.0.1:33333")
        );
        assert_eq!(masked("port 40001."), masked("port 50001."));
        assert_ne!(masked("port 8000"), masked("port 8001"));
        assert_ne!(masked("a40001"), masked("a40002"));
    }

    #[test]
    fn times_may_differ() {
        assert_eq!(masked("after 403 ms"), masked("after 1403.5 ms"));
        assert_ne!(masked("after 3 s"), masked("after 4 s"));
        let one = r#"Date: Mon, 23 Nov 2026 11:15:24 GMT\r\n 2 "#;
        let other = r#"Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n 2 "#;
        assert_eq!(masked(one), masked(other));
        assert_ne!(masked(one), masked(&other.replace(" 2 ", " 3 ")));
        let cut = |time: &str| {
            masked(&format!(
                r#""Date: Mon, 23 Nov 2026 {time}" … "24 GMT\r\n""#
            ))
        };
        assert_eq!(cut("11"), cut("12"));
        assert_eq!(masked("\"4 GMT\\r\\n\""), masked("\"5 GMT\\r\\n\""));
    }

    #[test]
    fn folders_may_differ() {
        let name = |digits| masked(&format!("socketlings-folder-{digits}/a"));
        assert_eq!(name("0123456789abcdef"), name("f123456789abcde0"));
    }
}
