//! Shows an [`Exhibit`]: the line, and a caret under what matters in it.

use crate::finding::Exhibit;

/// The exhibit as lines of at most `width` characters, without an indent: the text, and below it the
/// carets and what they mean.
pub fn lines(exhibit: &Exhibit, width: usize) -> Vec<String> {
    let Exhibit {
        title,
        bytes,
        from,
        to,
        remark,
    } = exhibit;
    let title = format!("{title}  ");
    let room = width.saturating_sub(title.chars().count() + 2);
    // What each byte looks like; an escape takes several places.
    let looks: Vec<String> = bytes
        .iter()
        .map(|byte| byte.escape_ascii().to_string())
        .map(|look| match look.as_str() {
            "\\'" | "\\\"" => look[1..].to_owned(),
            _ => look,
        })
        .collect();
    let (from, to) = ((*from).min(looks.len()), (*to).min(looks.len()));
    let wide = |looks: &[String]| looks.iter().map(String::len).sum::<usize>();
    // The mark stands in the middle of what is shown of a long line.
    let mut first = 0;
    if wide(&looks) > room {
        while wide(&looks[first..from]) > room / 2 {
            first += 1;
        }
    }
    let mut last = looks.len();
    while last > first + 1 && wide(&looks[first..last]) > room {
        last -= 1;
    }
    let (before, after) = (
        if first > 0 { "…" } else { "" },
        if last < looks.len() { "…" } else { "" },
    );
    let text = format!("{title}{before}{}{after}", looks[first..last].concat());
    let indent = title.chars().count() + before.chars().count() + wide(&looks[first..from]);
    let carets = wide(&looks[from..to.min(last).max(from)]).max(1);
    let mark = format!("{}{}", " ".repeat(indent), "^".repeat(carets));
    let beside = format!("{mark} {remark}");
    if beside.chars().count() <= width {
        return vec![text, beside];
    }
    let left = (indent + carets).saturating_sub(remark.chars().count());
    vec![text, mark, format!("{}{remark}", " ".repeat(left))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exhibit(bytes: &[u8], from: usize, to: usize) -> Exhibit {
        Exhibit {
            title: "received".to_owned(),
            bytes: bytes.to_vec(),
            from,
            to,
            remark: "here".to_owned(),
        }
    }

    #[test]
    fn the_caret_stands_under_the_byte() {
        let lines = lines(&exhibit(b"Host : x\r\n", 4, 5), 80);
        assert_eq!(lines, ["received  Host : x\\r\\n", "              ^ here"]);
    }

    #[test]
    fn an_escape_is_marked_as_a_whole() {
        let lines = lines(&exhibit(b"a\nb", 1, 2), 80);
        assert_eq!(lines, ["received  a\\nb", "           ^^ here"]);
    }

    #[test]
    fn what_is_missing_at_the_end_has_a_place() {
        let lines = lines(&exhibit(b"ab", 2, 2), 80);
        assert_eq!(lines, ["received  ab", "            ^ here"]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let mut long = vec![b'x'; 300];
        long[200] = b'!';
        for line in lines(&exhibit(&long, 200, 201), 60) {
            assert!(line.chars().count() <= 60, "{line}");
        }
        let lines = lines(&exhibit(&long, 200, 201), 60);
        let at = lines[1].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[0].chars().nth(at), Some('!'));
    }
}
