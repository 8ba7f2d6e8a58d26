//! `use` declarations: what they bring in, how they look without some of it, and in which order
//! they stand. All as rustfmt would have it.

use std::ops::Range;

use syn::UseTree;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::edit::{self, Edits};

/// How wide a line may be, in rustfmt's own way of counting: a group in one line with what follows
/// it, and a line full of names with its comma, except that the comma of the last name is free.
const GROUP_WIDTH: usize = 98;
const LINE_WIDTH: usize = 99;

/// One name that a `use` brings in.
#[derive(Debug, PartialEq)]
pub struct Leaf {
    /// The path as written; the last is `*` for a glob, and a `self` in braces is left out.
    pub path: Vec<String>,
    /// What the name is here: the last of the path, or what stands behind `as`.
    pub name: String,
}

/// Every name that `tree` brings in, in the order of the text.
pub fn leaves(tree: &UseTree) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(tree, &[], &mut found);
    found
}

fn collect(tree: &UseTree, prefix: &[String], found: &mut Vec<Leaf>) {
    let longer = |name: &syn::Ident| {
        let name = name.unraw().to_string();
        let inner_self = name == "self" && !prefix.is_empty();
        [
            prefix,
            if inner_self {
                &[]
            } else {
                std::slice::from_ref(&name)
            },
        ]
        .concat()
    };
    match tree {
        UseTree::Path(path) => collect(&path.tree, &longer(&path.ident), found),
        UseTree::Name(name) => {
            let path = longer(&name.ident);
            let name = path.last().cloned().unwrap_or_default();
            found.push(Leaf { path, name });
        }
        UseTree::Rename(rename) => {
            let name = rename.rename.unraw().to_string();
            found.push(Leaf {
                path: longer(&rename.ident),
                name,
            });
        }
        UseTree::Glob(_) => {
            let path = [prefix, &["*".to_owned()]].concat();
            found.push(Leaf {
                path,
                name: "*".to_owned(),
            });
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, prefix, found);
            }
        }
    }
}

/// `item` without the leaves that `stays` rejects, as rustfmt lays it out behind `indent`; `None`
/// when nothing is left. The leaves come in the order of [`leaves`].
pub fn without(item: &syn::ItemUse, indent: &str, stays: &[bool]) -> Option<String> {
    let tree = prune(&item.tree, &mut stays.iter().copied())?;
    let mut head = String::from(if item.leading_colon.is_some() {
        "use ::"
    } else {
        "use "
    });
    if let Some(vis) = item.vis.span().source_text().filter(|it| !it.is_empty()) {
        head = format!("{vis} {head}");
    }
    Some(format!("{};", lay_out(&tree, &head, indent.len())))
}

/// A `use` tree that owns its names and holds no group of one.
#[derive(Debug)]
enum Tree {
    /// `a`, `a as b`, `a::b::c`, `*`.
    Leaf(String),
    /// `prefix::{…}`.
    Group(String, Vec<Tree>),
}

/// `tree` with the leaves for which `stays` says so.
fn prune(tree: &UseTree, stays: &mut dyn Iterator<Item = bool>) -> Option<Tree> {
    let mut leaf = |text: String| stays.next().unwrap_or(true).then_some(Tree::Leaf(text));
    match tree {
        UseTree::Name(name) => leaf(name.ident.to_string()),
        UseTree::Rename(rename) => leaf(format!("{} as {}", rename.ident, rename.rename)),
        UseTree::Glob(_) => leaf("*".to_owned()),
        UseTree::Path(path) => Some(match prune(&path.tree, stays)? {
            // `io::{self}` is `io`, and `io::{self as x}` is `io as x`.
            Tree::Leaf(rest) if rest == "self" => Tree::Leaf(path.ident.to_string()),
            Tree::Leaf(rest) => match rest.strip_prefix("self as ") {
                Some(name) => Tree::Leaf(format!("{} as {name}", path.ident)),
                None => Tree::Leaf(format!("{}::{rest}", path.ident)),
            },
            Tree::Group(prefix, trees) => Tree::Group(format!("{}::{prefix}", path.ident), trees),
        }),
        UseTree::Group(group) => {
            let mut trees: Vec<Tree> = group
                .items
                .iter()
                .filter_map(|tree| prune(tree, stays))
                .collect();
            match trees.len() {
                0 => None,
                1 => trees.pop(),
                _ => Some(Tree::Group(String::new(), trees)),
            }
        }
    }
}

/// The text of `tree` behind `head`, which stands `indent` columns in and has one more character
/// behind it.
fn lay_out(tree: &Tree, head: &str, indent: usize) -> String {
    let (prefix, trees) = match tree {
        Tree::Leaf(text) => return format!("{head}{text}"),
        Tree::Group(prefix, trees) => (prefix, trees),
    };
    let nested = trees.iter().any(|tree| matches!(tree, Tree::Group(..)));
    let flat: Vec<String> = trees
        .iter()
        .map(|tree| lay_out(tree, "", indent + 4))
        .collect();
    let line = format!("{head}{prefix}{{{}}}", flat.join(", "));
    if !nested && indent + line.len() < GROUP_WIDTH {
        return line;
    }
    let inner = " ".repeat(indent + 4);
    let mut text = format!("{head}{prefix}{{\n{inner}");
    let mut column = inner.len();
    for (at, item) in flat.iter().enumerate() {
        if at > 0 {
            // Beside a group, whatever has a path gets a line of its own.
            let comma = usize::from(at + 1 < flat.len());
            let alone = nested && (item.contains("::") || flat[at - 1].contains("::"));
            if alone || column + 1 + item.len() + comma > LINE_WIDTH {
                text.push('\n');
                text.push_str(&inner);
                column = inner.len();
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text.push_str(item);
        text.push(',');
        column += item.len() + 1;
    }
    text + "\n" + &" ".repeat(indent) + "}"
}

/// `after`, which is `before` with names changed, with its `use` declarations in order again
/// wherever they were in order before.
pub fn in_order_as_before(before: &str, after: String) -> String {
    let (Ok(old), Ok(new)) = (
        syn::parse_str::<syn::File>(before),
        syn::parse_str::<syn::File>(&after),
    ) else {
        // What is no Rust for syn is left alone: it has no `use` declarations to speak of.
        return after;
    };
    let mut edits = Edits::default();
    for (old, new) in runs(before, &old).iter().zip(runs(&after, &new)) {
        let sorted = |run: &[Import]| run.is_sorted_by(|a, b| a.key <= b.key);
        if sorted(old) && !sorted(&new) {
            let mut wanted: Vec<&Import> = new.iter().collect();
            wanted.sort_by(|a, b| a.key.cmp(&b.key));
            for (place, import) in new.iter().zip(wanted) {
                edits.replace(place.range.clone(), &after[import.range.clone()]);
            }
        }
    }
    edits.apply(&after)
}

struct Import {
    range: Range<usize>,
    key: Vec<(u8, String)>,
}

/// The `use` declarations of a file, in runs without anything between them.
fn runs(source: &str, file: &syn::File) -> Vec<Vec<Import>> {
    let mut runs: Vec<Vec<Import>> = Vec::new();
    for item in &file.items {
        let syn::Item::Use(item) = item else { continue };
        let range = item.span().byte_range();
        let import = Import {
            key: order(&item.tree),
            range: range.clone(),
        };
        match runs.last_mut() {
            Some(run)
                if run.last().is_some_and(|last| {
                    let between = &source[last.range.end..edit::line_start(source, range.start)];
                    matches!(between, "\n" | "\r\n")
                }) =>
            {
                run.push(import);
            }
            _ => runs.push(vec![import]),
        }
    }
    runs
}

/// What rustfmt sorts by: segment by segment, with `self`, `super` and `crate` first.
fn order(tree: &UseTree) -> Vec<(u8, String)> {
    let rank = |name: &syn::Ident| {
        let name = name.unraw().to_string();
        let rank = ["self", "super", "crate"]
            .iter()
            .position(|it| *it == name)
            .unwrap_or(3) as u8;
        (rank, name)
    };
    match tree {
        UseTree::Path(path) => {
            let mut key = vec![rank(&path.ident)];
            key.extend(order(&path.tree));
            key
        }
        UseTree::Name(name) => vec![rank(&name.ident)],
        UseTree::Rename(rename) => vec![rank(&rename.ident)],
        UseTree::Glob(_) => vec![(4, String::new())],
        UseTree::Group(_) => vec![(5, String::new())],
    }
}

/// Traits of the standard library with the methods and macros that need them in scope. An import of
/// one of these is needed by a function that calls such a method, although it does not name the
/// trait.
const TRAITS: &[(&str, &[&str])] = &[
    ("AsFd", &["as_fd"]),
    ("AsRawFd", &["as_raw_fd"]),
    ("AsRawSocket", &["as_raw_socket"]),
    ("AsSocket", &["as_socket"]),
    ("Borrow", &["borrow"]),
    ("BorrowMut", &["borrow_mut"]),
    (
        "BufRead",
        &[
            "read_line",
            "read_until",
            "lines",
            "split",
            "fill_buf",
            "consume",
            "skip_until",
        ],
    ),
    ("BuildHasher", &["build_hasher", "hash_one"]),
    ("Error", &["source"]),
    ("Hash", &["hash"]),
    ("Hasher", &["finish"]),
    ("IntoRawFd", &["into_raw_fd"]),
    (
        "Read",
        &[
            "read",
            "read_exact",
            "read_to_end",
            "read_to_string",
            "bytes",
            "take",
            "chain",
            "by_ref",
            "read_vectored",
        ],
    ),
    (
        "Seek",
        &["seek", "rewind", "stream_position", "seek_relative"],
    ),
    ("ToSocketAddrs", &["to_socket_addrs"]),
    (
        "Write",
        &[
            "write",
            "write_all",
            "flush",
            "write_fmt",
            "by_ref",
            "write_vectored",
            "write_str",
            "write_char",
            "writeln",
        ],
    ),
];

/// Whether the import of `leaf` serves method calls among `called` (names of methods and macros).
pub fn serves_methods(leaf: &Leaf, called: &dyn Fn(&str) -> bool, calls_any: bool) -> bool {
    let known = |name: &str| {
        TRAITS
            .iter()
            .find(|(it, _)| *it == name)
            .map(|(_, methods)| methods)
    };
    if leaf
        .path
        .ends_with(&["io".into(), "prelude".into(), "*".into()])
    {
        let all = ["Read", "Write", "BufRead", "Seek"];
        return all
            .iter()
            .filter_map(|it| known(it))
            .flat_map(|it| it.iter())
            .any(|it| called(it));
    }
    match leaf.path.last().and_then(|name| known(name)) {
        Some(methods) => methods.iter().any(|method| called(method)),
        // Anything else may only be guessed at.
        None => calls_any && (leaf.name == "_" || leaf.name.ends_with("Ext")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(source: &str, wanted: &[&str]) -> Option<String> {
        let item: syn::ItemUse = syn::parse_str(source).unwrap();
        let stays: Vec<bool> = leaves(&item.tree)
            .iter()
            .map(|leaf| wanted.contains(&leaf.name.as_str()))
            .collect();
        without(&item, "", &stays)
    }

    #[test]
    fn a_group_of_one_loses_its_braces() {
        assert_eq!(
            pruned("use std::io::{self, Read};", &["io"]).unwrap(),
            "use std::io;"
        );
        assert_eq!(
            pruned("use std::io::{self, Read};", &["Read"]).unwrap(),
            "use std::io::Read;"
        );
        assert_eq!(
            pruned("use std::io::{self as x, Read};", &["x"]).unwrap(),
            "use std::io as x;"
        );
        assert_eq!(
            pruned("use std::{io::{self, Read}, net::IpAddr};", &["IpAddr"]).unwrap(),
            "use std::net::IpAddr;"
        );
    }

    #[test]
    fn nothing_is_left_of_an_import_that_nobody_needs() {
        assert_eq!(pruned("use std::io::{self, Read};", &[]), None);
    }

    #[test]
    fn the_visibility_and_the_rest_stay() {
        assert_eq!(
            pruned("pub(crate) use a::{b, c, d};", &["b", "d"]).unwrap(),
            "pub(crate) use a::{b, d};"
        );
    }

    #[test]
    fn groups_in_groups_stand_on_lines_of_their_own() {
        assert_eq!(
            pruned(
                "use std::{collections::HashMap, env, fmt, io::{self, Read, Write}, process};",
                &["HashMap", "env", "fmt", "io", "Read", "process"]
            )
            .unwrap(),
            "use std::{\n    collections::HashMap,\n    env, fmt,\n    io::{self, Read},\n    process,\n};"
        );
    }

    #[test]
    fn a_renamed_crate_moves_to_its_place() {
        let before = "use socket2::Socket;\nuse solution01::open;\nuse tokio::x;\n\nuse a::b;\n";
        let after = before.replace("solution01", "lesson01");
        assert_eq!(
            in_order_as_before(before, after),
            "use lesson01::open;\nuse socket2::Socket;\nuse tokio::x;\n\nuse a::b;\n"
        );
    }

    #[test]
    fn what_was_in_no_order_stays_so() {
        let before = "use b::c;\nuse solution01::open;\nuse a::b;\n";
        let after = before.replace("solution01", "lesson01");
        assert_eq!(in_order_as_before(before, after.clone()), after);
    }
}
