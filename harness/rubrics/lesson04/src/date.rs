//! Dates as HTTP writes them: RFC 9110, section 5.6.7.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first of January 1970 was a Thursday.
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

struct Parts {
    weekday: &'static str,
    day: u64,
    month: &'static str,
    year: u64,
    clock: String,
}

/// A time after 1970, in the parts of its date. Years are Gregorian, days count from 1970.
fn parts(time: SystemTime) -> Parts {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let days = seconds / 86_400;
    let (mut year, mut left) = (1970, days);
    while left >= 365 + leap(year) {
        left -= 365 + leap(year);
        year += 1;
    }
    let mut month = 0;
    while left >= length(month, year) {
        left -= length(month, year);
        month += 1;
    }
    Parts {
        weekday: DAYS[(days % 7) as usize],
        day: left + 1,
        month: MONTHS[month],
        year,
        clock: format!(
            "{:02}:{:02}:{:02}",
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60
        ),
    }
}

fn leap(year: u64) -> u64 {
    u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}

fn length(month: usize, year: u64) -> u64 {
    match month {
        1 => 28 + leap(year),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// How long a date is as it is sent: its year has four digits.
pub const LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();

/// `Sun, 06 Nov 1994 08:49:37 GMT`: what is sent.
pub fn imf_fixdate(time: SystemTime) -> String {
    let Parts {
        weekday,
        day,
        month,
        year,
        clock,
    } = parts(time);
    format!("{}, {day:02} {month} {year:04} {clock} GMT", &weekday[..3])
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`: what old clients sent.
pub fn rfc850(time: SystemTime) -> String {
    let Parts {
        weekday,
        day,
        month,
        year,
        clock,
    } = parts(time);
    format!("{weekday}, {day:02}-{month}-{:02} {clock} GMT", year % 100)
}

/// `Sun Nov  6 08:49:37 1994`: what other old clients sent.
pub fn asctime(time: SystemTime) -> String {
    let Parts {
        weekday,
        day,
        month,
        year,
        clock,
    } = parts(time);
    format!("{} {month} {day:2} {clock} {year}", &weekday[..3])
}

/// The time that an IMF-fixdate says; `None` for everything else.
pub fn parse(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let year = number(12..16).filter(|year| (1970..3000).contains(year))?;
    let month = MONTHS
        .iter()
        .position(|name| text.get(8..11) == Some(name))?;
    let days = (1970..year).map(|year| 365 + leap(year)).sum::<u64>()
        + (0..month).map(|month| length(month, year)).sum::<u64>()
        + number(5..7)?.checked_sub(1)?;
    let seconds = number(17..19)? * 3600 + number(20..22)? * 60 + number(23..25)?;
    let time = UNIX_EPOCH + Duration::from_secs(days * 86_400 + seconds);
    // Whatever else stands there, by the letter.
    (imf_fixdate(time) == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_in_its_three_forms() {
        let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(imf_fixdate(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(rfc850(time), "Sunday, 06-Nov-94 08:49:37 GMT");
        assert_eq!(asctime(time), "Sun Nov  6 08:49:37 1994");
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(time));
    }

    #[test]
    fn only_the_fixed_form_is_read() {
        for text in [
            "",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 31 Feb 2020 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_leap_day_is_a_day() {
        let time = UNIX_EPOCH + Duration::from_secs(951_782_400);
        assert_eq!(imf_fixdate(time), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(parse("Tue, 29 Feb 2000 00:00:00 GMT"), Some(time));
    }
}
