//! Which names a piece of syntax mentions.
//!
//! This is no name resolution, and need not be: it decides which imports and which private items a
//! stub still needs, and the compiler has the last word on the stub.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};

/// The names mentioned, by where they stand.
#[derive(Default)]
pub struct Mentions {
    /// Names that stand alone or come first in a path: `Socket` in `Socket::new`.
    pub bare: HashSet<String>,
    /// Names in a path with the name before them: `("Socket", "new")`.
    pub paths: HashSet<(String, String)>,
    /// Names called as methods.
    pub methods: HashSet<String>,
    pub lifetimes: HashSet<String>,
    /// What the function being visited binds: a variable `timeout` does not mention `fn timeout`.
    locals: HashSet<String>,
}

impl Mentions {
    /// Takes in `other`, and says whether anything was new.
    pub fn absorb(&mut self, other: Mentions) -> bool {
        let before = self.bare.len() + self.paths.len() + self.methods.len();
        self.bare.extend(other.bare);
        self.paths.extend(other.paths);
        self.methods.extend(other.methods);
        self.lifetimes.extend(other.lifetimes);
        before != self.bare.len() + self.paths.len() + self.methods.len()
    }

    /// Notes the path of an import.
    pub fn path(&mut self, segments: &[String]) {
        self.bare.extend(segments.first().cloned());
        self.paths.extend(
            segments
                .windows(2)
                .map(|two| (two[0].clone(), two[1].clone())),
        );
    }

    /// Notes every name in tokens that nobody parses: what is given to a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: Option<usize>, wanted: char| {
            at.and_then(|at| tokens.get(at))
                .is_some_and(|it| matches!(it, TokenTree::Punct(p) if p.as_char() == wanted))
        };
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) => {
                    let name = ident.unraw().to_string();
                    if is(at.checked_sub(1), '.') && !is(at.checked_sub(2), '.') {
                        self.methods.insert(name);
                    } else if is(at.checked_sub(1), ':') && is(at.checked_sub(2), ':') {
                        if let Some(TokenTree::Ident(q)) = at.checked_sub(3).map(|at| &tokens[at]) {
                            self.paths.insert((q.unraw().to_string(), name));
                        }
                    } else if !self.locals.contains(&name) {
                        self.bare.insert(name);
                    }
                }
                TokenTree::Literal(literal) => self.format_string(&literal.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Notes the names in `"{NAME} {other:?}"`.
    fn format_string(&mut self, literal: &str) {
        if !literal.contains('"') {
            return;
        }
        for after in literal.split('{').skip(1) {
            let length = after.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &after[..length.unwrap_or(after.len())];
            if !name.is_empty() && !self.locals.contains(name) {
                self.bare.insert(name.to_owned());
            }
        }
    }

    /// Visits a whole function with its own variables known.
    fn with_locals(&mut self, locals: HashSet<String>, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.locals, locals);
        visit(self);
        self.locals = outer;
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|it| it.ident.unraw().to_string())
            .collect();
        match &names[..] {
            [name] if self.locals.contains(name) => {}
            names => self.path(names),
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.methods.insert(call.method.unraw().to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let name = pat.ident.unraw().to_string();
        if name.starts_with(char::is_uppercase) {
            self.bare.insert(name);
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.visit_path(&mac.path);
        self.tokens(mac.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // Lints and conditions have names of their own, and docs are prose.
        let about_the_compiler = ["doc", "cfg", "allow", "expect", "warn", "deny", "forbid"];
        if about_the_compiler
            .iter()
            .any(|it| attribute.path().is_ident(it))
        {
            return;
        }
        self.visit_path(attribute.path());
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
        self.lifetimes.insert(lifetime.ident.to_string());
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for leaf in super::imports::leaves(&item.tree) {
            self.path(&leaf.path);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let mut bound = Bound::default();
        bound.visit_item_fn(function);
        self.with_locals(bound.0, |this| visit::visit_item_fn(this, function));
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        let mut bound = Bound::default();
        bound.visit_impl_item_fn(function);
        self.with_locals(bound.0, |this| visit::visit_impl_item_fn(this, function));
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        let mut bound = Bound::default();
        bound.visit_trait_item_fn(function);
        self.with_locals(bound.0, |this| visit::visit_trait_item_fn(this, function));
    }
}

/// The variables that patterns bind.
#[derive(Default)]
struct Bound(HashSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let name = pat.ident.unraw().to_string();
        if !name.starts_with(char::is_uppercase) {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, pat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Mentions {
        let mut mentions = Mentions::default();
        mentions.visit_file(&syn::parse_str(source).unwrap());
        mentions
    }

    #[test]
    fn a_path_mentions_its_first_name_and_the_pairs() {
        let mentions = of("fn f() { io::Error::last_os_error(); }");
        assert!(mentions.bare.contains("io"));
        assert!(!mentions.bare.contains("Error"));
        assert!(mentions.paths.contains(&("io".into(), "Error".into())));
    }

    #[test]
    fn a_variable_is_no_mention_of_the_function_of_that_name() {
        assert!(!of("fn f(reply: u8) -> u8 { reply }").bare.contains("reply"));
        assert!(of("fn f() -> u8 { reply() }").bare.contains("reply"));
    }

    #[test]
    fn macros_mention_names_and_format_strings_too() {
        let mentions = of(r#"fn f() { println!("{LIMIT} {}", self::g(x.len())); }"#);
        assert!(mentions.bare.contains("LIMIT"));
        assert!(mentions.paths.contains(&("self".into(), "g".into())));
        assert!(mentions.methods.contains("len"));
        assert!(!mentions.bare.contains("len"));
    }

    #[test]
    fn docs_and_lints_mention_nothing() {
        assert!(
            of("/// Read this.\n#[allow(dead_code)]\nfn f() {}")
                .bare
                .is_empty()
        );
    }
}
