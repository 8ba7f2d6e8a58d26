//! A page as a browser reads it, as far as links go: enough of HTML and of URLs to follow a listing.

/// The links of a page: what its `href` say, with HTML's escapes taken back.
pub fn links(page: &str) -> Vec<String> {
    let lower = page.to_ascii_lowercase();
    let mut links = Vec::new();
    let mut from = 0;
    while let Some(at) = lower[from..].find("href") {
        from += at + "href".len();
        let Some(rest) = page[from..].trim_start().strip_prefix('=') else {
            continue;
        };
        let rest = rest.trim_start();
        let value = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next(),
            _ => rest.split([' ', '\t', '\n', '\r', '>']).next(),
        };
        let value = value.unwrap_or_default();
        from = page.len() - rest.len() + value.len();
        links.push(unescaped(value.trim()));
    }
    links
}

/// The text of a page, without its tags, with HTML's escapes taken back.
pub fn text(page: &str) -> String {
    let mut text = String::new();
    for piece in page.split('<') {
        let after = piece.split_once('>').map_or(piece, |(_, after)| after);
        text.push_str(after);
    }
    unescaped(&text)
}

/// Character references as their characters: those that a program writes to escape text.
pub fn unescaped(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let reference = piece.split_once(';');
        let found = reference.and_then(|(name, rest)| Some((character(name)?, rest)));
        match found {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            // A browser takes some of them without their semicolon.
            None => match piece.strip_prefix("copy") {
                Some(rest) => {
                    plain.push('©');
                    plain.push_str(rest);
                }
                None => {
                    plain.push('&');
                    plain.push_str(piece);
                }
            },
        }
    }
    plain
}

fn character(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        None => {
            return match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{a0}'),
                _ => None,
            };
        }
        Some(number) => number,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

/// The target that a browser asks for when it follows `link` on the page `base`; `None` when the link
/// leads to another host, or to none.
pub fn followed(base: &str, link: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or_default();
    // A browser takes one for the other.
    let (path, query) = link.split_at(link.find('?').unwrap_or(link.len()));
    let mut path = path.replace('\\', "/");
    for host in ["http://127.0.0.1:8000", "//127.0.0.1:8000"] {
        if let Some(rest) = path.strip_prefix(host)
            && (rest.is_empty() || rest.starts_with('/'))
        {
            path = format!("/{}", rest.trim_start_matches('/'));
        }
    }
    let first = path.split('/').next().unwrap_or_default();
    if path.starts_with("//") || first.contains(':') {
        return None;
    }
    let base = base.split('?').next().unwrap_or_default();
    let absolute = if path.starts_with('/') {
        path
    } else if path.is_empty() {
        base.to_owned()
    } else {
        let folder = base.rfind('/').map_or("/", |at| &base[..=at]);
        format!("{folder}{path}")
    };
    Some(encoded(&without_dots(&absolute)) + &encoded(query))
}

/// Steps `.` and `..` taken.
fn without_dots(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next().unwrap_or_default();
    for step in path.split('/').skip(1) {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let mut path = format!("/{}", steps.join("/"));
    if matches!(last, "." | "..") && !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// What a browser encodes of itself: all that may not stand in a target. Not `%`.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | 0..=31 | 127.. => {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            _ => encoded.push(byte.into()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_however_they_are_quoted() {
        let page = "<A HREF=\"a&amp;b\">x</A> <a href='c&#39;d'>y</a> <a href = e>z</a>";
        assert_eq!(links(page), ["a&b", "c'd", "e"]);
    }

    #[test]
    fn text_is_what_a_reader_sees() {
        assert_eq!(text("<p>a &lt;b&gt; &amp;amp;</p>"), "a <b> &amp;");
    }

    #[test]
    fn links_are_followed_as_a_browser_does() {
        for (link, target) in [
            ("a.txt", Some("/sub/a.txt")),
            ("./a%20b", Some("/sub/a%20b")),
            ("a b", Some("/sub/a%20b")),
            ("/a", Some("/a")),
            ("../", Some("/")),
            ("..", Some("/")),
            ("?x", Some("/sub/page?x")),
            ("a#b", Some("/sub/a")),
            ("http://127.0.0.1:8000/a", Some("/a")),
            ("//evil/a", None),
            ("\\\\evil", None),
            ("http://evil/a", None),
            ("a:b", None),
            ("./a:b", Some("/sub/a:b")),
        ] {
            assert_eq!(followed("/sub/page?y", link).as_deref(), target, "{link}");
        }
    }
}
