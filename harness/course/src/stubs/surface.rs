//! Decides what of a library a learner gets to see, and writes the stub.
//!
//! The surface is what others can use: public functions without their bodies, public types and
//! constants, the impls of public types. Private items go, except those that the surface mentions
//! (a constant in a public constant's value) and those marked `// given`, with what they need.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, ImplItem, Item, Signature, TraitItem, Visibility};

use super::body;
use super::edit::{self, Container, Edits, Sibling};
use super::imports::{self, Leaf};
use super::mentions::Mentions;

/// Why there is no stub.
#[derive(Debug)]
pub struct StubError {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for StubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// The stubs of a library whose files are `sources`, by path.
///
/// `root` is the path of the one that the compiler starts from; the others are found through `mod`.
/// The answer holds `None` for a file of which nothing is left, and says nothing of files that are
/// not part of the library.
///
/// # Errors
///
/// A file is not Rust; a function returns an `impl Trait` for which `todo!()` will not do.
pub fn stub_library(
    sources: &BTreeMap<String, String>,
    root: &str,
) -> Result<BTreeMap<String, Option<String>>, StubError> {
    let mut files = Vec::new();
    parse(sources, root, &[], &mut files)?;
    let mut library = Library {
        files: &files,
        modules: Vec::new(),
        nodes: Vec::new(),
    };
    library.add_file(0, None, true);
    library.decide();
    library.write()
}

/// A parsed file of the library.
struct SourceFile {
    path: String,
    text: String,
    syntax: syn::File,
    /// The names of the modules around it and its own.
    module: Vec<String>,
}

fn parse(
    sources: &BTreeMap<String, String>,
    path: &str,
    module: &[String],
    files: &mut Vec<SourceFile>,
) -> Result<(), StubError> {
    let text = &sources[path];
    let syntax: syn::File = syn::parse_str(text).map_err(|error| StubError {
        file: path.to_owned(),
        line: error.span().start().line,
        message: error.to_string(),
    })?;
    let mut inner = Vec::new();
    find_module_files(&syntax.items, module, &mut inner);
    files.push(SourceFile {
        path: path.to_owned(),
        text: text.clone(),
        syntax,
        module: module.to_vec(),
    });
    for module in inner {
        // Where the file is missing, `cargo` says so better than we could.
        let stem = format!("src/{}", module.join("/"));
        let candidates = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        if let Some(path) = candidates.iter().find(|path| sources.contains_key(*path)) {
            parse(sources, path, &module, files)?;
        }
    }
    Ok(())
}

fn find_module_files(items: &[Item], outer: &[String], found: &mut Vec<Vec<String>>) {
    for item in items {
        let Item::Mod(item) = item else { continue };
        let path = [outer, &[item.ident.unraw().to_string()]].concat();
        match &item.content {
            Some((_, items)) => find_module_files(items, &path, found),
            None => found.push(path),
        }
    }
}

/// How much of an item stays.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stays {
    /// Functions lose their bodies, types their private fields.
    Surface,
    Whole,
}

struct Module<'a> {
    file: usize,
    path: Vec<String>,
    /// Others can name what is public in it.
    public: bool,
    items: &'a [Item],
    container: Container,
    /// The item that declares it, unless it is the root.
    declared_by: Option<usize>,
    mentions: Mentions,
}

/// An item of a module, or a member of an impl or a trait.
struct Node<'a> {
    module: usize,
    syntax: Syntax<'a>,
    /// The impl or trait that it is a member of.
    owner: Option<usize>,
    range: Range<usize>,
    given: bool,
    for_tests: bool,
    stays: Option<Stays>,
}

#[derive(Clone, Copy)]
enum Syntax<'a> {
    Item(&'a Item),
    Impl(&'a ImplItem),
    Trait(&'a TraitItem),
}

struct Library<'a> {
    files: &'a [SourceFile],
    modules: Vec<Module<'a>>,
    nodes: Vec<Node<'a>>,
}

impl<'a> Library<'a> {
    fn text(&self, module: usize) -> &'a str {
        &self.files[self.modules[module].file].text
    }

    fn add_file(&mut self, file: usize, declared_by: Option<usize>, public: bool) {
        let source = &self.files[file];
        let container = Container {
            open: inner_end(&source.syntax.attrs).unwrap_or(0),
            close: source.text.len(),
        };
        let path = source.module.clone();
        self.add_module(
            file,
            path,
            public,
            &source.syntax.items,
            container,
            declared_by,
        );
    }

    fn add_module(
        &mut self,
        file: usize,
        path: Vec<String>,
        public: bool,
        items: &'a [Item],
        container: Container,
        declared_by: Option<usize>,
    ) {
        let this = self.modules.len();
        let mut before = container.open;
        let whole = declared_by.is_some_and(|node| self.nodes[node].given);
        let for_tests = declared_by.is_some_and(|node| self.nodes[node].for_tests);
        let mentions = Mentions::default();
        self.modules.push(Module {
            file,
            path,
            public,
            items,
            container,
            declared_by,
            mentions,
        });
        for item in items {
            let range = item.span().byte_range();
            let given = whole || edit::is_given(self.text(this), before, &range);
            before = range.end;
            let node = self.nodes.len();
            self.nodes.push(Node {
                module: this,
                syntax: Syntax::Item(item),
                owner: None,
                range,
                given,
                for_tests: for_tests || attributes(item).iter().any(is_for_tests),
                stays: None,
            });
            self.add_members(node, item);
            if let Item::Mod(item) = item {
                self.add_inner_module(this, node, item);
            }
        }
    }

    fn add_inner_module(&mut self, outer: usize, node: usize, item: &'a syn::ItemMod) {
        let name = item.ident.unraw().to_string();
        let path = [&self.modules[outer].path[..], &[name]].concat();
        let public = self.modules[outer].public
            && (is_public(&item.vis) || self.reexported(outer, &path[path.len() - 1]));
        if let Some((brace, items)) = &item.content {
            let open = brace.span.open().byte_range().end;
            let container = Container {
                open: inner_end(&item.attrs).unwrap_or(open).max(open),
                close: brace.span.close().byte_range().start,
            };
            let file = self.modules[outer].file;
            self.add_module(file, path, public, items, container, Some(node));
        } else if let Some(file) = self.files.iter().position(|file| file.module == path) {
            self.add_file(file, Some(node), public);
        }
    }

    fn add_members(&mut self, owner: usize, item: &'a Item) {
        let (open, members): (usize, Vec<Syntax>) = match item {
            Item::Impl(it) => (
                it.brace_token.span.open().byte_range().end,
                it.items.iter().map(Syntax::Impl).collect(),
            ),
            Item::Trait(it) => (
                it.brace_token.span.open().byte_range().end,
                it.items.iter().map(Syntax::Trait).collect(),
            ),
            _ => return,
        };
        let Node {
            module,
            given: whole,
            for_tests,
            ..
        } = self.nodes[owner];
        let mut before = open;
        for syntax in members {
            let range = syntax.span();
            let given = whole || edit::is_given(self.text(module), before, &range);
            before = range.end;
            let for_tests = for_tests || syntax.attributes().iter().any(is_for_tests);
            let owner = Some(owner);
            self.nodes.push(Node {
                module,
                syntax,
                owner,
                range,
                given,
                for_tests,
                stays: None,
            });
        }
    }

    /// Whether module `at` has a `pub use` of the module or item `name`.
    fn reexported(&self, at: usize, name: &str) -> bool {
        public_leaves(self.modules[at].items)
            .any(|leaf| leaf.path.last().is_some_and(|it| it == name))
    }

    /// Whether others can reach an item called `name` with visibility `vis` in `module`.
    fn is_reachable(&self, module: usize, vis: &Visibility, name: &str) -> bool {
        let Some(last) = self.modules[module]
            .path
            .last()
            .filter(|_| !self.modules[module].public)
        else {
            return is_public(vis);
        };
        is_public(vis)
            && self
                .modules
                .iter()
                .filter(|outer| outer.public)
                .any(|outer| {
                    public_leaves(outer.items).any(|leaf| {
                        leaf.path.ends_with(&[last.clone(), name.to_owned()])
                            || leaf.path.ends_with(&[last.clone(), "*".to_owned()])
                    })
                })
    }

    /// Marks what stays, until nothing more is needed.
    fn decide(&mut self) {
        loop {
            let mut changed = false;
            for at in 0..self.nodes.len() {
                if self.nodes[at].stays.is_some() || self.nodes[at].for_tests {
                    continue;
                }
                let Some(stays) = self.verdict(at) else {
                    continue;
                };
                self.nodes[at].stays = Some(stays);
                changed = true;
                let mentions = self.mentioned_by(at, stays);
                let module = self.nodes[at].module;
                self.modules[module].mentions.absorb(mentions);
            }
            // An import that is needed mentions what it imports.
            for module in 0..self.modules.len() {
                let mut mentions = Mentions::default();
                for item in self.modules[module].items {
                    let Item::Use(item) = item else { continue };
                    for leaf in imports::leaves(&item.tree) {
                        if self.is_needed(module, &item.vis, &leaf) {
                            mentions.path(&leaf.path);
                        }
                    }
                }
                changed |= self.modules[module].mentions.absorb(mentions);
            }
            if !changed {
                return;
            }
        }
    }

    /// Whether node `at` stays, by what is known so far.
    fn verdict(&self, at: usize) -> Option<Stays> {
        let node = &self.nodes[at];
        if let Some(owner) = node.owner {
            return self.member_verdict(node, owner);
        }
        if node.given {
            return Some(Stays::Whole);
        }
        let Syntax::Item(item) = node.syntax else {
            return None;
        };
        match item {
            Item::Use(_) => None,
            Item::ExternCrate(_) => Some(Stays::Whole),
            Item::Impl(item) => self.impl_verdict(at, item),
            Item::Mod(item) => {
                let lives = |inner: &Node| {
                    self.modules[inner.module].declared_by == Some(at) && inner.stays.is_some()
                };
                let wanted = is_public(&item.vis) || self.nodes.iter().any(lives);
                wanted.then_some(Stays::Surface)
            }
            Item::ForeignMod(foreign) => {
                let mut names = Names::default();
                names.visit_item_foreign_mod(foreign);
                names
                    .0
                    .iter()
                    .any(|name| self.mentions(node.module, name))
                    .then_some(Stays::Whole)
            }
            item => {
                let (vis, name) = named(item)?;
                let exported = item_attributes_contain(item, "macro_export");
                if exported || self.is_reachable(node.module, vis, &name) {
                    Some(Stays::Surface)
                } else if self.mentions(node.module, &name) {
                    // A public type without a public path is part of the surface all the same.
                    let is_type = !matches!(item, Item::Fn(_));
                    Some(if is_public(vis) && is_type {
                        Stays::Surface
                    } else {
                        Stays::Whole
                    })
                } else {
                    None
                }
            }
        }
    }

    fn member_verdict(&self, node: &Node, owner: usize) -> Option<Stays> {
        let of_owner = self.nodes[owner].stays;
        if node.given {
            return match self.nodes[owner].syntax {
                Syntax::Item(Item::Impl(item)) if of_owner.is_none() => {
                    self.names_what_stays(item).then_some(Stays::Whole)
                }
                _ => of_owner.map(|_| Stays::Whole),
            };
        }
        let Syntax::Item(Item::Impl(item)) = self.nodes[owner].syntax else {
            return of_owner;
        };
        if item.trait_.is_some() {
            return of_owner;
        }
        if !self.names_what_stays(item) {
            return None;
        }
        let private_type = self.stays_for_support(item);
        let Syntax::Impl(member) = node.syntax else {
            return None;
        };
        let (vis, name) = match member {
            ImplItem::Fn(it) => (&it.vis, it.sig.ident.unraw().to_string()),
            ImplItem::Const(it) => (&it.vis, it.ident.unraw().to_string()),
            ImplItem::Type(it) => (&it.vis, it.ident.unraw().to_string()),
            _ => return of_owner,
        };
        if is_public(vis) && !private_type {
            return Some(Stays::Surface);
        }
        let types = [Some("Self".to_owned()), type_name(&item.self_ty)];
        let mentioned = self.modules.iter().any(|module| {
            module.mentions.methods.contains(&name)
                || types
                    .iter()
                    .flatten()
                    .any(|of| module.mentions.paths.contains(&(of.clone(), name.clone())))
        });
        mentioned.then_some(Stays::Whole)
    }

    fn impl_verdict(&self, at: usize, item: &syn::ItemImpl) -> Option<Stays> {
        if !self.names_what_stays(item) {
            return None;
        }
        let lives = |it: &Node| it.owner == Some(at) && it.stays.is_some();
        if item.trait_.is_none() && !self.nodes.iter().any(lives) {
            return None;
        }
        Some(if self.stays_for_support(item) {
            Stays::Whole
        } else {
            Stays::Surface
        })
    }

    /// Whether every type and trait of this library in the header of `item` stays.
    fn names_what_stays(&self, item: &syn::ItemImpl) -> bool {
        let mut header = Mentions::default();
        visit_impl_header(&mut header, item);
        let names = header
            .bare
            .iter()
            .chain(header.paths.iter().map(|(_, name)| name));
        names.into_iter().all(|name| {
            let mut own = self.types_called(name).peekable();
            own.peek().is_none() || own.any(|node| node.stays.is_some())
        })
    }

    /// Whether `item` is about a private type or trait, which stays only because what is given
    /// needs it.
    fn stays_for_support(&self, item: &syn::ItemImpl) -> bool {
        let trait_name = item
            .trait_
            .as_ref()
            .and_then(|(path, _)| Some(path.segments.last()?.ident.to_string()));
        [type_name(&item.self_ty), trait_name]
            .into_iter()
            .flatten()
            .any(|name| {
                self.types_called(&name).any(|node| {
                    let Syntax::Item(item) = node.syntax else {
                        return false;
                    };
                    named(item).is_some_and(|(vis, _)| !is_public(vis)) && node.stays.is_some()
                })
            })
    }

    fn types_called(&self, name: &str) -> impl Iterator<Item = &Node<'a>> {
        self.nodes.iter().filter(move |node| {
            let Syntax::Item(item) = node.syntax else {
                return false;
            };
            let is_type = matches!(
                item,
                Item::Struct(_) | Item::Enum(_) | Item::Union(_) | Item::Type(_) | Item::Trait(_)
            );
            is_type && named(item).is_some_and(|(_, it)| it == name)
        })
    }

    /// Whether what stays mentions the item `name` of `module`.
    fn mentions(&self, module: usize, name: &str) -> bool {
        let this = &self.modules[module];
        let own_name = this.path.last().map_or("crate", |it| it);
        let here = ["self", "super", "crate", own_name];
        this.mentions.bare.contains(name)
            || self.modules.iter().any(|other| {
                let through_glob = || {
                    other.items.iter().filter_map(as_use).any(|item| {
                        imports::leaves(&item.tree).iter().any(|leaf| {
                            let from = leaf.path.iter().rev().nth(1);
                            leaf.name == "*" && from.is_some_and(|it| here.contains(&it.as_str()))
                        })
                    })
                };
                here.iter().any(|q| {
                    other
                        .mentions
                        .paths
                        .contains(&((*q).to_owned(), name.to_owned()))
                }) || other.mentions.bare.contains(name) && through_glob()
            })
    }

    /// Whether the import `leaf` of `module` serves anything that stays.
    fn is_needed(&self, module: usize, vis: &Visibility, leaf: &Leaf) -> bool {
        let mentions = &self.modules[module].mentions;
        if !matches!(vis, Visibility::Inherited) {
            return is_public(vis) || self.mentions(module, &leaf.name);
        }
        let from = leaf.path.iter().rev().nth(1).map_or("", |it| it);
        if leaf.name == "*" {
            let own: Vec<&Module> = self
                .modules
                .iter()
                .filter(|it| match from {
                    "super" => self.modules[module]
                        .path
                        .split_last()
                        .is_some_and(|l| l.1 == it.path),
                    "crate" => it.path.is_empty(),
                    from => it.path.last().is_some_and(|last| last == from),
                })
                .collect();
            if !own.is_empty() {
                let names = |it: &Module| -> HashSet<String> {
                    let items = it.items.iter().filter_map(|item| Some(named(item)?.1));
                    let imported = it.items.iter().filter_map(as_use);
                    let imported = imported.flat_map(|item| imports::leaves(&item.tree));
                    items.chain(imported.map(|leaf| leaf.name)).collect()
                };
                return own.iter().any(|it| !names(it).is_disjoint(&mentions.bare));
            }
        }
        let called = |name: &str| mentions.methods.contains(name) || mentions.bare.contains(name);
        let own_trait = || {
            let name = leaf.path.last().map_or("", |it| it);
            self.types_called(name).any(|node| {
                match node.syntax {
                Syntax::Item(Item::Trait(it)) => it.items.iter().any(|member| {
                    matches!(member, TraitItem::Fn(it) if called(&it.sig.ident.unraw().to_string()))
                }),
                _ => false,
            }
            })
        };
        let for_inner_module = || {
            self.modules.iter().any(|inner| {
                inner.path.starts_with(&self.modules[module].path)
                    && inner.path.len() > self.modules[module].path.len()
                    && inner.mentions.bare.contains(&leaf.name)
                    && inner.mentions.bare.contains("super")
            })
        };
        mentions.bare.contains(&leaf.name)
            || imports::serves_methods(leaf, &called, !mentions.methods.is_empty())
            || own_trait()
            || for_inner_module()
    }

    /// What node `at` mentions when it stays as `stays`.
    fn mentioned_by(&self, at: usize, stays: Stays) -> Mentions {
        let mut found = Mentions::default();
        let node = &self.nodes[at];
        match (node.syntax, stays) {
            (Syntax::Item(Item::Impl(item)), _) => visit_impl_header(&mut found, item),
            (Syntax::Item(Item::Trait(item)), _) => {
                item.attrs.iter().for_each(|it| found.visit_attribute(it));
                found.visit_generics(&item.generics);
                item.supertraits
                    .iter()
                    .for_each(|it| found.visit_type_param_bound(it));
            }
            (Syntax::Item(Item::Mod(_)), _) => {}
            (Syntax::Item(Item::Fn(item)), Stays::Surface) => {
                item.attrs.iter().for_each(|it| found.visit_attribute(it));
                found.visit_signature(&item.sig);
            }
            (Syntax::Item(Item::Struct(item)), Stays::Surface) => {
                item.attrs.iter().for_each(|it| found.visit_attribute(it));
                found.visit_generics(&item.generics);
                self.fields_that_stay(node, item)
                    .for_each(|it| found.visit_field(it));
            }
            (Syntax::Item(item), _) => found.visit_item(item),
            (Syntax::Impl(ImplItem::Fn(item)), Stays::Surface) => {
                item.attrs.iter().for_each(|it| found.visit_attribute(it));
                found.visit_signature(&item.sig);
            }
            (Syntax::Impl(item), _) => found.visit_impl_item(item),
            (Syntax::Trait(TraitItem::Fn(item)), Stays::Surface) => {
                item.attrs.iter().for_each(|it| found.visit_attribute(it));
                found.visit_signature(&item.sig);
            }
            (Syntax::Trait(item), _) => found.visit_trait_item(item),
        }
        found
    }

    /// The fields of a public struct that its stub has.
    fn fields_that_stay(
        &self,
        node: &Node<'a>,
        item: &'a syn::ItemStruct,
    ) -> impl Iterator<Item = &'a syn::Field> {
        let text = self.text(node.module);
        let mut before = match &item.fields {
            syn::Fields::Named(fields) => fields.brace_token.span.open().byte_range().end,
            syn::Fields::Unnamed(fields) => fields.paren_token.span.open().byte_range().end,
            syn::Fields::Unit => 0,
        };
        item.fields.iter().filter(move |field| {
            let range = field.span().byte_range();
            let stays = is_public(&field.vis) || edit::is_given(text, before, &range);
            before = range.end;
            stays
        })
    }

    fn write(&self) -> Result<BTreeMap<String, Option<String>>, StubError> {
        let mut edits: Vec<Edits> = self.files.iter().map(|_| Edits::default()).collect();
        let mut empty: HashSet<usize> = HashSet::new();
        for (at, module) in self.modules.iter().enumerate() {
            let gone = module
                .declared_by
                .is_some_and(|node| self.nodes[node].stays.is_none());
            let starts_file = module.path == self.files[module.file].module;
            if gone {
                if starts_file {
                    empty.insert(module.file);
                }
                continue;
            }
            if self.is_inside_what_goes(at) {
                continue;
            }
            self.write_module(at, &mut edits[module.file])?;
        }
        let reached: HashSet<usize> = self.modules.iter().map(|module| module.file).collect();
        Ok(self
            .files
            .iter()
            .zip(edits)
            .enumerate()
            .map(|(at, (file, edits))| {
                let stays = reached.contains(&at) && !empty.contains(&at);
                (file.path.clone(), stays.then(|| edits.apply(&file.text)))
            })
            .collect())
    }

    /// Whether a module around `module` goes.
    fn is_inside_what_goes(&self, module: usize) -> bool {
        let Some(node) = self.modules[module].declared_by else {
            return false;
        };
        self.nodes[node].stays.is_none() || self.is_inside_what_goes(self.nodes[node].module)
    }

    fn write_module(&self, at: usize, edits: &mut Edits) -> Result<(), StubError> {
        let text = self.text(at);
        let mut siblings = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if node.module != at || node.owner.is_some() {
                continue;
            }
            let mut stays = node.stays.is_some();
            if let Syntax::Item(Item::Use(item)) = node.syntax
                && !node.given
                && !node.for_tests
            {
                stays = self.write_import(at, node, item, edits);
            }
            siblings.push(Sibling {
                range: node.range.clone(),
                stays,
            });
            if stays {
                self.write_item(index, edits)?;
            }
        }
        for cut in edit::cuts(text, &self.modules[at].container, &siblings) {
            edits.replace(cut, "");
        }
        Ok(())
    }

    /// Leaves in `item` what is needed, and says whether that is anything.
    fn write_import(
        &self,
        module: usize,
        node: &Node,
        item: &syn::ItemUse,
        edits: &mut Edits,
    ) -> bool {
        let stays: Vec<bool> = imports::leaves(&item.tree)
            .iter()
            .map(|leaf| self.is_needed(module, &item.vis, leaf))
            .collect();
        if stays.iter().all(|it| *it) {
            return true;
        }
        let indent = edit::indent_of(self.text(module), node.range.start);
        let Some(rest) = imports::without(item, indent, &stays) else {
            return false;
        };
        let start = item.vis.span().byte_range();
        let start = if start.is_empty() {
            item.use_token.span.byte_range().start
        } else {
            start.start
        };
        edits.replace(start..node.range.end, rest);
        true
    }

    fn write_item(&self, at: usize, edits: &mut Edits) -> Result<(), StubError> {
        let node = &self.nodes[at];
        let Syntax::Item(item) = node.syntax else {
            return Ok(());
        };
        match item {
            Item::Fn(item) if node.stays == Some(Stays::Surface) => {
                self.write_body(node, &item.sig, &item.block, None, edits)
            }
            Item::Struct(item) if node.stays == Some(Stays::Surface) => {
                self.write_fields(node, item, edits)
            }
            Item::Impl(it) => {
                let braces = &it.brace_token;
                self.write_members(at, braces, &it.attrs, type_name(&it.self_ty), edits)
            }
            Item::Trait(it) => {
                let name = it.ident.unraw().to_string();
                self.write_members(at, &it.brace_token, &it.attrs, Some(name), edits)
            }
            _ => Ok(()),
        }
    }

    fn write_members(
        &self,
        owner: usize,
        braces: &syn::token::Brace,
        attributes: &[Attribute],
        of: Option<String>,
        edits: &mut Edits,
    ) -> Result<(), StubError> {
        let mut siblings = Vec::new();
        for member in self.nodes.iter().filter(|node| node.owner == Some(owner)) {
            siblings.push(Sibling {
                range: member.range.clone(),
                stays: member.stays.is_some(),
            });
            if member.stays == Some(Stays::Surface) {
                let (sig, block) = match member.syntax {
                    Syntax::Impl(ImplItem::Fn(it)) => (&it.sig, &it.block),
                    Syntax::Trait(TraitItem::Fn(it)) => match &it.default {
                        Some(block) => (&it.sig, block),
                        None => continue,
                    },
                    _ => continue,
                };
                self.write_body(member, sig, block, of.as_deref(), edits)?;
            }
        }
        let open = braces.span.open().byte_range().end;
        let container = Container {
            open: inner_end(attributes).unwrap_or(open).max(open),
            close: braces.span.close().byte_range().start,
        };
        let text = self.text(self.nodes[owner].module);
        for cut in edit::cuts(text, &container, &siblings) {
            edits.replace(cut, "");
        }
        Ok(())
    }

    /// Puts a `todo!` where the body of a function was.
    fn write_body(
        &self,
        node: &Node,
        sig: &Signature,
        block: &syn::Block,
        of: Option<&str>,
        edits: &mut Edits,
    ) -> Result<(), StubError> {
        let text = self.text(node.module);
        let name = sig.ident.unraw().to_string();
        if let Some(span) = body::opaque_result(&sig.output) {
            return Err(StubError {
                file: self.files[self.modules[node.module].file].path.clone(),
                line: span.start().line,
                message: format!(
                    "a stub of `{name}` would not compile, because `todo!()` has no such type; \
                     name the type that it returns, or mark the function `// given`"
                ),
            });
        }
        let mut parameters = body::Parameters::default();
        sig.inputs
            .iter()
            .for_each(|input| parameters.visit_fn_arg(input));
        for cut in parameters.muts {
            edits.replace(cut, "");
        }
        let outer = edit::indent_of(text, node.range.start);
        let path = of.map_or(name.clone(), |of| format!("{of}::{name}"));
        let body = body::of_stub(sig, &parameters.names, &path, &format!("{outer}    "));
        let braces = block.brace_token.span.join().byte_range();
        edits.replace(braces, format!("{{\n{body}{outer}}}"));
        Ok(())
    }

    /// Takes the private fields out of a public struct: how it works inside is the learner's choice.
    fn write_fields(
        &self,
        node: &Node<'a>,
        item: &'a syn::ItemStruct,
        edits: &mut Edits,
    ) -> Result<(), StubError> {
        let text = self.text(node.module);
        let staying: Vec<&syn::Field> = self.fields_that_stay(node, item).collect();
        if staying.len() == item.fields.len() {
            return Ok(());
        }
        let marker = body::marker_type(&item.generics, &staying);
        match &item.fields {
            syn::Fields::Unit => {}
            syn::Fields::Named(fields) => {
                let mut siblings = Vec::new();
                for pair in fields.named.pairs() {
                    let stays = staying.iter().any(|it| std::ptr::eq(*it, *pair.value()));
                    siblings.push(Sibling {
                        range: pair.span().byte_range(),
                        stays,
                    });
                }
                let container = Container {
                    open: fields.brace_token.span.open().byte_range().end,
                    close: fields.brace_token.span.close().byte_range().start,
                };
                for cut in edit::cuts(text, &container, &siblings) {
                    edits.replace(cut, "");
                }
                let outer = edit::indent_of(text, node.range.start);
                let mut note = format!("{outer}    // Private fields are yours to choose.\n");
                if let Some(marker) = marker {
                    note.push_str(&format!("{outer}    _until_then: {marker},\n"));
                }
                let end = edit::line_start(text, container.close);
                edits.replace(end..end, note);
            }
            syn::Fields::Unnamed(fields) => {
                if !staying.is_empty() {
                    return Err(StubError {
                        file: self.files[self.modules[node.module].file].path.clone(),
                        line: item.ident.span().start().line,
                        message: format!(
                            "without its private fields, the public ones of `{}` would have other \
                             numbers; mark the struct `// given`",
                            item.ident
                        ),
                    });
                }
                let parens = fields.paren_token.span.join().byte_range();
                edits.replace(parens, format!("({})", marker.unwrap_or_default()));
                let end = node.range.end;
                if text[end..].starts_with('\n') {
                    edits.replace(end..end, " // private fields are yours to choose");
                }
            }
        }
        Ok(())
    }
}

impl Syntax<'_> {
    fn span(&self) -> Range<usize> {
        match self {
            Syntax::Item(it) => it.span().byte_range(),
            Syntax::Impl(it) => it.span().byte_range(),
            Syntax::Trait(it) => it.span().byte_range(),
        }
    }

    fn attributes(&self) -> &[Attribute] {
        match self {
            Syntax::Item(it) => attributes(it),
            Syntax::Impl(ImplItem::Fn(it)) => &it.attrs,
            Syntax::Impl(ImplItem::Const(it)) => &it.attrs,
            Syntax::Trait(TraitItem::Fn(it)) => &it.attrs,
            _ => &[],
        }
    }
}

/// The names that a block of foreign items declares.
#[derive(Default)]
struct Names(Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_foreign_item(&mut self, item: &'ast syn::ForeignItem) {
        match item {
            syn::ForeignItem::Fn(it) => self.0.push(it.sig.ident.unraw().to_string()),
            syn::ForeignItem::Static(it) => self.0.push(it.ident.unraw().to_string()),
            syn::ForeignItem::Type(it) => self.0.push(it.ident.unraw().to_string()),
            _ => {}
        }
    }
}

fn visit_impl_header(mentions: &mut Mentions, item: &syn::ItemImpl) {
    item.attrs
        .iter()
        .for_each(|it| mentions.visit_attribute(it));
    mentions.visit_generics(&item.generics);
    if let Some((path, _)) = &item.trait_ {
        mentions.visit_path(path);
    }
    mentions.visit_type(&item.self_ty);
}

fn as_use(item: &Item) -> Option<&syn::ItemUse> {
    match item {
        Item::Use(item) => Some(item),
        _ => None,
    }
}

fn public_leaves(items: &[Item]) -> impl Iterator<Item = Leaf> {
    let public = items
        .iter()
        .filter_map(as_use)
        .filter(|item| is_public(&item.vis));
    public.flat_map(|item| imports::leaves(&item.tree))
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

/// The last name in the path of a type.
fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(it) => Some(it.path.segments.last()?.ident.unraw().to_string()),
        syn::Type::Reference(it) => type_name(&it.elem),
        _ => None,
    }
}

/// The visibility and the name of an item that has both.
fn named(item: &Item) -> Option<(&Visibility, String)> {
    let (vis, name) = match item {
        Item::Const(it) => (&it.vis, &it.ident),
        Item::Enum(it) => (&it.vis, &it.ident),
        Item::Fn(it) => (&it.vis, &it.sig.ident),
        Item::Macro(it) => (&Visibility::Inherited, it.ident.as_ref()?),
        Item::Mod(it) => (&it.vis, &it.ident),
        Item::Static(it) => (&it.vis, &it.ident),
        Item::Struct(it) => (&it.vis, &it.ident),
        Item::Trait(it) => (&it.vis, &it.ident),
        Item::TraitAlias(it) => (&it.vis, &it.ident),
        Item::Type(it) => (&it.vis, &it.ident),
        Item::Union(it) => (&it.vis, &it.ident),
        _ => return None,
    };
    Some((vis, name.unraw().to_string()))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

fn item_attributes_contain(item: &Item, name: &str) -> bool {
    attributes(item)
        .iter()
        .any(|attribute| attribute.path().is_ident(name))
}

/// Whether `attribute` is `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    let condition: String = list
        .tokens
        .to_string()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
}

/// Where the last of the inner attributes and docs ends.
fn inner_end(attributes: &[Attribute]) -> Option<usize> {
    let inner = attributes
        .iter()
        .filter(|it| matches!(it.style, syn::AttrStyle::Inner(_)));
    inner.map(|it| it.span().byte_range().end).max()
}
