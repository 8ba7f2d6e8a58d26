//! `locate`: the file that a target names, and none outside the root.
//!
//! A path is judged by where it leads, not by how it is spelt: it is resolved as the system would, and
//! what it resolves to is inside the root or is not.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::misconceptions::{
    ABSOLUTE_PATH, CUT_AFTER_DECODING, DECODED_TWICE, DOT_DOT, DOT_DOT_SKIPPED, DOT_FILE,
    DOTS_REFUSED, DOTS_REMOVED, ENCODED_DOT_DOT, LOSSILY_DECODED, MALFORMED_ESCAPE, NOT_DECODED,
    NOT_FOUND, PLUS_AS_SPACE, PREFIX_AS_TEXT, QUERY_AS_NAME, ROOT_SPELT, SLASH_DECODED,
    SYMLINK_OUT, URI_WITHIN,
};
use super::site::{BAIT, SIBLING, Site};
use super::{Functions, quoted, word};
use harness::attempt::{Attempt, Shown};
use harness::finding::{Exhibit, Misconception, Stop};

/// What `locate` gave, and the root it was asked about.
struct Located {
    path: Option<PathBuf>,
    root: PathBuf,
}

impl Shown for Located {
    fn shown(&self) -> String {
        match &self.path {
            None => "None".to_owned(),
            Some(path) => shown(path, &self.root),
        }
    }
}

fn shown(path: &Path, root: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inside) => format!("root/{}", inside.display()),
        Err(_) => path.display().to_string(),
    }
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Leads {
    /// To this, inside the root.
    Inside(PathBuf),
    /// To this, outside the root; or nothing is there, but it would be outside.
    Outside(PathBuf),
    /// To nothing, and it would be inside.
    Nowhere,
}

/// Where `path` leads, for a root without symlinks.
pub fn leads(root: &Path, path: &Path) -> Leads {
    if let Ok(real) = path.canonicalize() {
        return match real.starts_with(root) {
            true => Leads::Inside(real),
            false => Leads::Outside(real),
        };
    }
    let folder = path.ancestors().skip(1).find_map(|it| {
        let it = if it == OsStr::new("") {
            Path::new(".")
        } else {
            it
        };
        it.canonicalize().ok()
    });
    match folder {
        Some(folder) if !folder.starts_with(root) => Leads::Outside(folder),
        _ => Leads::Nowhere,
    }
}

fn locate(
    f: &Functions,
    attempt: &mut Attempt,
    root: &Path,
    target: &str,
) -> Result<Option<PathBuf>, Stop> {
    let locate = f.locate;
    let (given, text) = (root.to_owned(), target.to_owned());
    let target: String = target.chars().take(200).collect();
    let located = attempt.call("locate", format!("locate(root, {target:?})"), move || {
        Located {
            path: locate(&given, &text),
            root: given,
        }
    })?;
    Ok(located.path)
}

/// The target, with a mark under a part of it.
fn exhibit(target: &str, part: &str, remark: impl Into<String>) -> Exhibit {
    let from = target.find(part).unwrap_or(0);
    let to = match target.contains(part) {
        true => from + part.len(),
        false => target.len(),
    };
    Exhibit {
        title: "target".to_owned(),
        bytes: target.as_bytes().to_vec(),
        from,
        to,
        remark: remark.into(),
    }
}

/// The same by hand, where such a file is.
fn by_hand(target: &str) -> String {
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target: String = target.chars().take(200).collect();
    let url = format!("http://127.0.0.1:8000{slash}{target}");
    format!("curl -si --path-as-is {}", quoted(&url))
}

/// The target names this file or folder, or the misconception shows.
fn must_find(
    f: &Functions,
    attempt: &mut Attempt,
    site: &Site,
    target: &str,
    expected: &Path,
    otherwise: (&'static Misconception, &str),
) -> Result<(), Stop> {
    let found = locate(f, attempt, site.root(), target)?;
    let leads = found.map(|path| leads(site.root(), &path));
    if leads == Some(Leads::Inside(expected.to_owned())) {
        return Ok(());
    }
    let name = shown(expected, site.root());
    attempt.remark(format!("expected {name}"));
    let (misconception, part) = otherwise;
    let instead = match leads {
        None => "locate gave None".to_owned(),
        Some(Leads::Nowhere) => "nothing is where locate says".to_owned(),
        Some(Leads::Inside(other)) => {
            format!("locate gave {}", shown(&other, site.root()))
        }
        Some(Leads::Outside(other)) => format!("locate gave {}", other.display()),
    };
    Err(misconception
        .seen(format!("The target {target} names {name}, and {instead}."))
        .pointing_at(exhibit(target, part, format!("names {name}")))
        .by_hand(by_hand(target)))
}

pub fn finds_a_file_below_the_root(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    for name in [
        format!("{}.txt", word()),
        format!("{}/{}", word(), word()),
        format!("{}/{}/{}.tar.gz", word(), word(), word()),
        ".hidden".to_owned(),
    ] {
        let file = site.file(&name, &name)?;
        let target = format!("/{name}");
        let misconception = match name.starts_with('.') {
            true => &DOT_FILE,
            false => &NOT_FOUND,
        };
        must_find(f, attempt, &site, &target, &file, (misconception, &target))?;
    }
    let folder = site.folder(&word())?;
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for target in [format!("/{name}/"), format!("/{name}")] {
        must_find(f, attempt, &site, &target, &folder, (&NOT_FOUND, &target))?;
    }
    must_find(f, attempt, &site, "/", site.root(), (&NOT_FOUND, "/"))
}

pub fn decodes_a_name_once(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = word();
    // What is on the disk, the target that names it, and what is wrong where it is not found.
    for (file, target, misconception, part) in [
        (
            format!("{name} a.txt"),
            format!("/{name}%20a.txt"),
            &NOT_DECODED,
            "%20",
        ),
        (
            format!("{name}A"),
            format!("/{name}%41"),
            &NOT_DECODED,
            "%41",
        ),
        (
            format!("{name}Jj"),
            format!("/{name}%4A%6a"),
            &NOT_DECODED,
            "%4A",
        ),
        (
            format!("{name}é☕.txt"),
            format!("/{name}%C3%a9%E2%98%95.txt"),
            &NOT_DECODED,
            "%C3%a9",
        ),
        (
            format!("{name} b/c d"),
            format!("/{name}%20b/c%20d"),
            &NOT_DECODED,
            "%20",
        ),
        (
            format!("{name}#.txt"),
            format!("/{name}%23.txt"),
            &NOT_DECODED,
            "%23",
        ),
        (
            format!("{name}+a.txt"),
            format!("/{name}+a.txt"),
            &PLUS_AS_SPACE,
            "+",
        ),
        (
            format!("{name}+b"),
            format!("/{name}%2bb"),
            &PLUS_AS_SPACE,
            "%2b",
        ),
        (
            format!("{name}%20c"),
            format!("/{name}%2520c"),
            &DECODED_TWICE,
            "%2520",
        ),
        (
            format!("{name}%41"),
            format!("/{name}%2541"),
            &DECODED_TWICE,
            "%2541",
        ),
        (
            format!("{name}100%"),
            format!("/{name}100%25"),
            &NOT_DECODED,
            "%25",
        ),
        (
            format!("{name}&a=b;c,d@e:f!(g)'h*i~$.txt"),
            format!("/{name}&a=b;c,d@e:f!(g)'h*i~$.txt"),
            &NOT_FOUND,
            "&",
        ),
    ] {
        // The system may not have such names.
        let Ok(path) = site.file(&file, &file) else {
            continue;
        };
        // What another reading of the target would lead to.
        for wrong in [format!("{name} c"), format!("{name} b"), format!("{name}A")] {
            site.file(&wrong, "another")?;
        }
        must_find(f, attempt, &site, &target, &path, (misconception, part))?;
    }
    Ok(())
}

pub fn takes_the_query_off(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = format!("{}.txt", word());
    let file = site.file(&name, &name)?;
    for query in [
        "?x=1",
        "?",
        "?a=b&c=d/e",
        "?x=%zz%",
        "?../../x",
        "?a?b",
        "?x=%00",
    ] {
        let target = format!("/{name}{query}");
        must_find(f, attempt, &site, &target, &file, (&QUERY_AS_NAME, query))?;
    }
    for query in ["?next=http://localhost/", "?x=a://b/c"] {
        let target = format!("/{name}{query}");
        must_find(f, attempt, &site, &target, &file, (&URI_WITHIN, query))?;
    }
    must_find(
        f,
        attempt,
        &site,
        "/?x=/y",
        site.root(),
        (&QUERY_AS_NAME, "?x=/y"),
    )?;
    if let Ok(file) = site.file("what?.txt", "what") {
        let otherwise = (&CUT_AFTER_DECODING, "%3f");
        must_find(f, attempt, &site, "/what%3f.txt", &file, otherwise)?;
        must_find(
            f,
            attempt,
            &site,
            "/what%3F.txt?x=1",
            &file,
            (&CUT_AFTER_DECODING, "%3F"),
        )?;
    }
    Ok(())
}

pub fn takes_dots_within_a_name(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = word();
    for file in [
        format!("{name}..txt"),
        format!("..{name}"),
        format!("{name}.."),
        format!("...{name}/a..b/{name}"),
    ] {
        let Ok(path) = site.file(&file, &file) else {
            continue;
        };
        let target = format!("/{file}");
        must_find(f, attempt, &site, &target, &path, (&DOTS_REFUSED, ".."))?;
    }
    Ok(())
}

pub fn takes_no_malformed_escape(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    // What the wrong readings of the targets below lead to.
    for file in [
        "100%",
        "a%zz.txt",
        "a.txt",
        "azz.txt",
        "a%2",
        "a%",
        "a",
        "a%2g",
        "\u{4}1",
        "\u{41}",
        "a\u{1}.txt",
        "a\u{fffd}.txt",
        "a\u{ff}.txt",
        "a%u0041",
        "%",
        "zz",
        "a-.txt",
        "aA",
    ] {
        let _ = site.file(file, file);
    }
    for (target, part, misconception) in [
        ("/100%", "%", &MALFORMED_ESCAPE),
        ("/a%", "%", &MALFORMED_ESCAPE),
        ("/a%2", "%2", &MALFORMED_ESCAPE),
        ("/a%zz.txt", "%zz", &MALFORMED_ESCAPE),
        ("/a%2g", "%2g", &MALFORMED_ESCAPE),
        ("/%", "%", &MALFORMED_ESCAPE),
        ("/%zz", "%zz", &MALFORMED_ESCAPE),
        ("/a%u0041", "%u0041", &MALFORMED_ESCAPE),
        ("/a%+1.txt", "%+1", &MALFORMED_ESCAPE),
        ("/%+41", "%+4", &MALFORMED_ESCAPE),
        ("/a%-1.txt", "%-1", &MALFORMED_ESCAPE),
        ("/a.txt%00", "%00", &MALFORMED_ESCAPE),
        ("/a.txt%00.png", "%00", &MALFORMED_ESCAPE),
        ("/%00", "%00", &MALFORMED_ESCAPE),
        ("/a%00", "%00", &MALFORMED_ESCAPE),
        ("/a%é.txt", "%", &MALFORMED_ESCAPE),
        ("/a%2é", "%2", &MALFORMED_ESCAPE),
        ("/a%ff.txt", "%ff", &LOSSILY_DECODED),
        ("/a%e9.txt", "%e9", &LOSSILY_DECODED),
        ("/a%C3.txt", "%C3", &LOSSILY_DECODED),
        ("/a%f8%88.txt", "%f8%88", &LOSSILY_DECODED),
    ] {
        let Some(path) = locate(f, attempt, site.root(), target)? else {
            continue;
        };
        if path.to_string_lossy().contains('\0') {
            attempt.remark("expected None");
            return Err(MALFORMED_ESCAPE
                .seen(format!(
                    "The target {target} names nothing, and locate gave a path with a NUL in it, which the \
                     system does not even look for."
                ))
                .pointing_at(exhibit(target, part, "names nothing"))
                .by_hand(by_hand(target)));
        }
        // A path that leads nowhere says the same.
        let found = match leads(site.root(), &path) {
            Leads::Nowhere => continue,
            Leads::Inside(found) | Leads::Outside(found) => found,
        };
        let name = shown(&found, site.root()).escape_debug().to_string();
        attempt.remark("expected None");
        return Err(misconception
            .seen(format!(
                "The target {target} names nothing, and locate gave {name}."
            ))
            .pointing_at(exhibit(target, part, "names nothing"))
            .by_hand(by_hand(target)));
    }
    Ok(())
}

pub fn takes_no_encoded_slash(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = word();
    let file = site.file(&format!("sub/{name}"), &name)?;
    for (target, part) in [
        (format!("/sub%2f{name}"), "%2f"),
        (format!("/sub%2F{name}"), "%2F"),
        (format!("/sub/{name}%2f"), "%2f"),
        (format!("/sub/{name}%2F."), "%2F."),
    ] {
        let found = locate(f, attempt, site.root(), &target)?;
        let leads = found.map(|path| leads(site.root(), &path));
        // A path that leads nowhere says the same as None.
        if leads == Some(Leads::Inside(file.clone())) {
            attempt.remark("expected None");
            return Err(SLASH_DECODED
                .seen(format!(
                    "The target {target} names nothing, and locate gave root/sub/{name}."
                ))
                .pointing_at(exhibit(&target, part, "a part of the name"))
                .by_hand(by_hand(&target)));
        }
    }
    Ok(())
}

/// Ways out, by what would let them pass.
fn ways_out(site: &Site) -> Vec<(&'static Misconception, Vec<String>)> {
    let outside = site
        .outside()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    // On Windows it begins with a drive.
    let bait = site.outside().join(BAIT).display().to_string();
    let deep = "../".repeat(40);
    let encoded: String = bait.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let slashes = bait.replace('/', "%2f");
    let text =
        |targets: &[&str]| -> Vec<String> { targets.iter().map(|it| (*it).to_owned()).collect() };
    let mut plain = text(&[
        "/../bait.txt",
        "/sub/../../bait.txt",
        "/sub/deep/../../../bait.txt",
        "/./../bait.txt",
        "/.././bait.txt",
        "//../bait.txt",
        "/..//bait.txt",
        "/sub/..//../bait.txt",
        "/nowhere/../../bait.txt",
        "../bait.txt",
        "/a.txt/../../bait.txt",
        "/../site/../bait.txt",
        "/..",
        "/../",
        "/sub/../..",
        "/../bait.txt?x=1",
        "/../bait.txt#x",
        "/sub/./../../bait.txt",
        "/../bait.txt/",
        "/..?",
        "/sub/../../bait.txt?/../site/a.txt",
    ]);
    plain.push(format!("/../../{outside}/bait.txt"));
    plain.push(format!("/{deep}{}", bait.trim_start_matches('/')));
    let mut escaped = text(&[
        "/%2e%2e/bait.txt",
        "/%2E%2E/bait.txt",
        "/%2e%2E/bait.txt",
        "/.%2e/bait.txt",
        "/%2e./bait.txt",
        "/..%2fbait.txt",
        "/..%2Fbait.txt",
        "/%2e%2e%2fbait.txt",
        "/%2E%2E%2Fbait.txt",
        "/sub/%2e%2e/%2e%2e/bait.txt",
        "/sub%2f..%2f..%2fbait.txt",
        "/sub/..%2f..%2fbait.txt",
        "/%2f..%2fbait.txt",
        "/%2f%2e%2e%2fbait.txt",
        "/./%2e%2e/bait.txt",
        "/%2e/%2e%2e/bait.txt",
        "/sub/%2e%2e%2f%2e%2e/bait.txt",
        "/%2e%2e/%62ait.txt",
        "/%2e%2e",
        "/%2e%2e/",
        "/..%2f",
        "/%2e%2e%5cbait.txt",
        "/..%5cbait.txt",
        "/%5c..%5cbait.txt",
        "/..\\bait.txt",
        "/sub\\..\\..\\bait.txt",
        "/..%00/bait.txt",
        "/..%00%2fbait.txt",
        "/%00/../bait.txt",
        "/a.txt%00/../../bait.txt",
        "/%2e%2e/bait.txt%00",
        "/%2e%2e/bait.txt%00.txt",
        "/..;/bait.txt",
        "/%2e%2e;a=b/bait.txt",
        "/%3f/../../bait.txt",
        "/%23/../../bait.txt",
        "/sub%3f/../../../bait.txt",
        "/%20../bait.txt",
        "/..%20/bait.txt",
        "/..%0a/bait.txt",
        "/..%09/bait.txt",
        "/%c0%ae%c0%ae/bait.txt",
        "/%e0%80%ae%e0%80%ae/bait.txt",
        "/..%c0%afbait.txt",
        "/%uff0e%uff0e/bait.txt",
        "/%ef%bc%8e%ef%bc%8e/bait.txt",
        "/%u002e%u002e/bait.txt",
    ]);
    escaped.push(format!("/%2e%2e%2f%2e%2e%2f{outside}%2fbait.txt"));
    escaped.push(format!("/..%2f../{outside}/bait.txt"));
    let twice = text(&[
        "/%252e%252e/bait.txt",
        "/%252e%252e%252fbait.txt",
        "/..%252fbait.txt",
        "/%25%32%65%25%32%65/bait.txt",
        "/%%32%65%%32%65/bait.txt",
        "/%25252e%25252e/bait.txt",
        "/%252E%252E%252Fbait.txt",
        "/sub/..%252f..%252fbait.txt",
    ]);
    let removed = text(&[
        "/....//bait.txt",
        "/..././bait.txt",
        "/.../.././bait.txt",
        "/....%2f%2fbait.txt",
        "/....\\\\bait.txt",
        "/.%2e./%2e/bait.txt",
        "/......///bait.txt",
    ]);
    let absolute = vec![
        format!("/{bait}"),
        format!("//{bait}"),
        format!("/{encoded}"),
        format!("/{slashes}"),
        format!("/%2f{}", bait.trim_start_matches('/')),
        format!("/sub/{bait}"),
        format!("/sub/%2f{slashes}"),
        format!("/./{bait}"),
        format!("file://{bait}"),
        format!("file:{bait}"),
        "/C:/Windows/win.ini".to_owned(),
        "/c:%5cwindows%5cwin.ini".to_owned(),
        "/%5c%5clocalhost%5cc$%5cwindows".to_owned(),
        "//etc/passwd".to_owned(),
        "/%2fetc%2fpasswd".to_owned(),
        "/~root/".to_owned(),
        "/dev/null".to_owned(),
        "//dev/zero".to_owned(),
        "/proc/self/environ".to_owned(),
        "//proc/self/root/".to_owned(),
        "/CON".to_owned(),
        "/nul.txt".to_owned(),
        "/COM1".to_owned(),
    ];
    let beside = vec![
        format!("/../{SIBLING}/bait.txt"),
        format!("/%2e%2e/{SIBLING}/bait.txt"),
        format!("/..%2f{SIBLING}%2fbait.txt"),
        format!("/sub/../../{SIBLING}/bait.txt"),
        format!("/../{SIBLING}/"),
        format!("-of-others/{BAIT}"),
        format!("/{}", site.outside().join(SIBLING).join(BAIT).display()),
    ];
    let long = vec![
        format!("/{}", "a".repeat(5000)),
        format!("/{}{BAIT}", "a/".repeat(2500)),
        format!("/{}", "%41".repeat(2500)),
        format!("/{}bait.txt", "sub/../".repeat(900)),
        format!("/{}../bait.txt", "sub/../".repeat(900)),
    ];
    vec![
        (&DOT_DOT, plain),
        (&ENCODED_DOT_DOT, escaped),
        (&DOTS_REMOVED, removed),
        (&DECODED_TWICE, twice),
        (&ABSOLUTE_PATH, absolute),
        (&PREFIX_AS_TEXT, beside),
        (&DOT_DOT, long),
    ]
}

pub fn never_leaves_the_root(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    site.file("a.txt", "a")?;
    site.file("sub/deep/c.txt", "c")?;
    // The way out may not depend on where the process happens to be.
    std::env::set_current_dir(site.root())?;
    let ways = ways_out(&site);
    let result = ways.into_iter().try_for_each(|(misconception, targets)| {
        let mut targets = targets.into_iter();
        targets.try_for_each(|target| must_stay(f, attempt, &site, &target, misconception))
    });
    std::env::set_current_dir(std::env::temp_dir())?;
    result?;
    skips_no_step_up(f, attempt, &site)
}

/// A step up may be taken or refused. Left out, it leads to another file.
fn skips_no_step_up(f: &Functions, attempt: &mut Attempt, site: &Site) -> Result<(), Stop> {
    let name = word();
    let meant = site.file(&name, "meant")?;
    site.file(&format!("folder/{name}"), "another")?;
    for up in ["..", "%2e%2e", ".%2E"] {
        let target = format!("/folder/{up}/{name}");
        let located = locate(f, attempt, site.root(), &target)?;
        let Some(path) = located.filter(|path| path.exists()) else {
            continue;
        };
        if path.canonicalize()? != meant.canonicalize()? {
            return Err(DOT_DOT_SKIPPED
                .seen(format!(
                    "The target {target} names {}, if anything, and locate gave {}.",
                    shown(&meant, site.root()),
                    shown(&path, site.root())
                ))
                .pointing_at(exhibit(&target, up, "one folder up, or nothing"))
                .by_hand(by_hand(&target)));
        }
    }
    Ok(())
}

/// Whatever the target names, it is not outside.
fn must_stay(
    f: &Functions,
    attempt: &mut Attempt,
    site: &Site,
    target: &str,
    misconception: &'static Misconception,
) -> Result<(), Stop> {
    let Some(path) = locate(f, attempt, site.root(), target)? else {
        return Ok(());
    };
    let Leads::Outside(outside) = leads(site.root(), &path) else {
        return Ok(());
    };
    attempt.remark("expected None");
    let parts = ["%252e%252e", "%2e%2e", "%2E%2E", "..", "%2e.", ".%2e"];
    let part = parts.into_iter().find(|part| target.contains(part));
    let shown = site_path(&outside, site);
    let told: String = target.chars().take(60).collect();
    Err(misconception
        .seen(format!(
            "For the target {told} locate gave a path that leads out of the root, to {shown}."
        ))
        .pointing_at(exhibit(target, part.unwrap_or(target), "leads out"))
        .by_hand(by_hand(target)))
}

/// A path outside the root, shortly.
fn site_path(path: &Path, site: &Site) -> String {
    match path.strip_prefix(site.outside()) {
        Ok(rest) => Path::new("root/..").join(rest).display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

pub fn follows_no_link_out_of_the_root(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let file = site.file("sub/a.txt", "a")?;
    let bait = site.outside().join(BAIT);
    let links = [
        ("file-out", bait.clone()),
        ("relative-out.txt", PathBuf::from("../bait.txt")),
        ("folder-out", site.outside().to_owned()),
        ("sub/folder-out", PathBuf::from("../..")),
        ("to-sibling", site.outside().join(SIBLING)),
        ("chain", PathBuf::from("chain-2")),
        ("chain-2", PathBuf::from("sub/chain-3")),
        ("sub/chain-3", PathBuf::from("../relative-out.txt")),
        ("to-root", PathBuf::from("/")),
        ("dangling", site.outside().join("nothing")),
        ("loop", PathBuf::from("loop")),
        ("inside.txt", PathBuf::from("sub/a.txt")),
        ("inside-folder", PathBuf::from("sub")),
        ("index.html", bait),
    ];
    for (name, target) in links {
        if !site.link(name, target)? {
            return Err(Stop::Skip("this system has no symlinks".to_owned()));
        }
    }
    let name = site
        .outside()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    for target in [
        "/file-out",
        "/relative-out.txt",
        "/folder-out",
        "/folder-out/",
        "/folder-out/bait.txt",
        "/folder-out/site-of-others/bait.txt",
        "/sub/folder-out/bait.txt",
        "/to-sibling/bait.txt",
        "/to-sibling",
        "/chain",
        "/chain-2",
        "/sub/chain-3",
        "/to-root/",
        "/to-root/etc/passwd",
        "/dangling",
        "/dangling/x",
        "/loop",
        "/loop/x",
        "/index.html",
        "/file-out?x=1",
        "/%66ile-out",
        "/inside-folder/folder-out/bait.txt",
        "/folder-out/../bait.txt",
        "/sub/../file-out",
        "/folder-out/not-there",
        "/inside-folder/../../bait.txt",
        &format!("/folder-out/../{name}/bait.txt"),
    ] {
        must_stay(f, attempt, &site, target, &SYMLINK_OUT)?;
    }
    // A link that stays inside may be followed. What it leads to is no other file, then.
    for (target, expected) in [
        ("/inside.txt", &file),
        ("/inside-folder/a.txt", &file),
        ("/folder-out/site/sub/a.txt", &file),
    ] {
        let Some(path) = locate(f, attempt, site.root(), target)? else {
            continue;
        };
        if leads(site.root(), &path) != Leads::Nowhere {
            must_find(f, attempt, &site, target, expected, (&NOT_FOUND, target))?;
        }
    }
    must_find(
        f,
        attempt,
        &site,
        "/sub/a.txt",
        &file,
        (&NOT_FOUND, "/sub/a.txt"),
    )
}

pub fn takes_a_root_however_it_is_spelt(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let name = format!("{}.txt", word());
    let file = site.file(&format!("sub/{name}"), &name)?;
    let linked = site.link("../linked", "site")?;
    site.link("sub/link.txt", &name)?;
    let through_a_link = "/sub/link.txt".to_owned();
    let leads_to = |path: PathBuf| leads(site.root(), &path);
    // It may be followed or not; what does so does so for every root.
    let follows = locate(f, attempt, site.root(), &through_a_link)?.map(leads_to)
        == Some(Leads::Inside(file.clone()));
    std::env::set_current_dir(site.outside())?;
    let mut roots = vec![
        PathBuf::from("site"),
        PathBuf::from("./site"),
        PathBuf::from("site/"),
        PathBuf::from("site/."),
        PathBuf::from("site/sub/.."),
        PathBuf::from("site-of-others/../site"),
        site.root().join(""),
    ];
    if linked {
        roots.push(PathBuf::from("linked"));
        roots.push(site.outside().join("linked"));
    }
    let target = format!("/sub/{name}");
    let mut targets = vec![target.clone()];
    if follows {
        targets.push(through_a_link);
    }
    let result = roots.into_iter().try_for_each(|root| {
        attempt.fact("the root is", root.display().to_string());
        for target in &targets {
            let found = locate(f, attempt, &root, target)?;
            if found.map(leads_to) == Some(Leads::Inside(file.clone())) {
                continue;
            }
            attempt.remark(format!("expected {}{target}", root.display()));
            let what = match *target == targets[0] {
                true => "which is there",
                false => "a symlink to a file beside it, which it found with the root's own path",
            };
            return Err(ROOT_SPELT.seen(format!(
                "With the root {:?}, locate did not find {target}, {what}.",
                root.display()
                    .to_string()
                    .replace(&site.outside().display().to_string(), "…")
            )));
        }
        must_stay_out(f, attempt, &site, &root)
    });
    std::env::set_current_dir(std::env::temp_dir())?;
    result?;
    // The root may be all there is.
    std::env::set_current_dir(site.root())?;
    let found = locate(f, attempt, Path::new("."), &target);
    let real = found.map(|found| found.and_then(|path| path.canonicalize().ok()));
    std::env::set_current_dir(std::env::temp_dir())?;
    if real? == Some(file) {
        return Ok(());
    }
    Err(ROOT_SPELT.seen(format!(
        "With the root \".\", locate did not find {target}, which is there."
    )))
}

fn must_stay_out(
    f: &Functions,
    attempt: &mut Attempt,
    site: &Site,
    root: &Path,
) -> Result<(), Stop> {
    for target in ["/../bait.txt", "/%2e%2e/site-of-others/bait.txt"] {
        let Some(path) = locate(f, attempt, root, target)? else {
            continue;
        };
        if let Leads::Outside(_) = leads(site.root(), &path) {
            attempt.remark("expected None");
            return Err(DOT_DOT
                .seen(format!(
                    "With the root {:?}, the target {target} leads out of it.",
                    root.display()
                ))
                .pointing_at(exhibit(target, "..", "leads out"))
                .by_hand(by_hand(target)));
        }
    }
    Ok(())
}
