//! Text that somebody else wrote, made fit for XML and HTML.

/// `text` as it can stand between tags and in quoted attributes: what would be markup is escaped, and what
/// cannot be seen is visible, as [`visible`] makes it.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `text` with every character that shows nothing or that moves others about as an escape such as `\u{202e}`:
/// control characters, marks that turn the direction of the text, and what no XML can hold. Line feeds and tabs
/// stay; a return before a line feed goes.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' | ' '..='~' => shown.push(c),
            c if is_visible(c) => shown.push(c),
            c => shown.extend(c.escape_default()),
        }
    }
    shown
}

/// Std knows what can be printed, and escapes the rest. The letter before it is there for the sake of accents,
/// which std escapes only where there is nothing that they could stand upon.
fn is_visible(c: char) -> bool {
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(
            escape("<a href=\"x\" id='y'>&amp;"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("a\u{1b}[2Jb\0\u{7f}"), "a\\u{1b}[2Jb\\u{0}\\u{7f}");
        assert_eq!(visible("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(visible("\u{fffe}\u{ffff}"), "\\u{fffe}\\u{ffff}");
        assert_eq!(visible("one\r\ntwo\rthree"), "one\ntwo\\rthree");
    }

    #[test]
    fn what_can_be_seen_stays() {
        let text = "tabs\tand\nlines, 'quotes' \"\\\", Grüße, e\u{301}, 網, 🦀, \u{fffd}";
        assert_eq!(visible(text), text);
    }
}
