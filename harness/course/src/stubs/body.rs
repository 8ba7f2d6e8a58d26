//! What stands in a stub where the solution had something else.

use std::ops::Range;

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{FnArg, Pat, ReturnType, Signature};

use super::mentions::Mentions;

/// The lines of a function's body, behind `indent`. `names` are what its parameters bind, and `path`
/// is what to call it.
pub fn of_stub(sig: &Signature, names: &[String], path: &str, indent: &str) -> String {
    let quiet = quiet(names, borrows(sig), indent);
    if sig.constness.is_some() {
        // `todo!` with a message formats it, which a const fn may not. This panics in the same words.
        format!("{quiet}{indent}panic!(\"not yet implemented: write `{path}`\")\n")
    } else {
        format!("{quiet}{indent}todo!(\"write `{path}`\")\n")
    }
}

/// The lines that keep the compiler from warning of parameters that a stub does not use.
fn quiet(names: &[String], borrow: bool, indent: &str) -> String {
    /// What rustfmt lets stand in one line between the parentheses of a tuple.
    const TUPLE_WIDTH: usize = 58;
    let names: Vec<String> = names
        .iter()
        .map(|name| {
            if borrow {
                format!("&{name}")
            } else {
                name.clone()
            }
        })
        .collect();
    let mut groups: Vec<Vec<String>> = Vec::new();
    for name in names.iter() {
        match groups.last_mut() {
            Some(group) if group.join(", ").len() + 2 + name.len() <= TUPLE_WIDTH => {
                group.push(name.clone());
            }
            _ => groups.push(vec![name.clone()]),
        }
    }
    let them = if names.len() == 1 { "it" } else { "them" };
    let comment = format!("// keeps the compiler quiet until you use {them}");
    let line = |group: &Vec<String>| match &group[..] {
        [name] => format!("{indent}let _ = {name};"),
        names => format!("{indent}let _ = ({});", names.join(", ")),
    };
    match &groups.iter().map(line).collect::<Vec<_>>()[..] {
        [] => String::new(),
        [line] if line.len() + 1 + comment.len() <= 100 => format!("{line} {comment}\n"),
        lines => format!("{indent}{comment}\n{}\n", lines.join("\n")),
    }
}

/// Whether the parameters should be borrowed where they are named: a const fn cannot drop them, and
/// clippy takes `let _ = guard` or `let _ = future` for a mistake.
fn borrows(sig: &Signature) -> bool {
    struct Delicate(bool);
    impl<'ast> Visit<'ast> for Delicate {
        fn visit_ident(&mut self, name: &'ast syn::Ident) {
            let name = name.to_string();
            self.0 |= name.ends_with("Future") || name.ends_with("Guard");
        }
    }
    let mut delicate = Delicate(sig.constness.is_some());
    delicate.visit_generics(&sig.generics);
    sig.inputs
        .iter()
        .for_each(|input| delicate.visit_fn_arg(input));
    delicate.0
}

/// What the parameters of a function bind, and the `mut`s that a stub has no use for.
#[derive(Default)]
pub struct Parameters {
    pub names: Vec<String>,
    pub muts: Vec<Range<usize>>,
}

impl<'ast> Visit<'ast> for Parameters {
    fn visit_fn_arg(&mut self, argument: &'ast FnArg) {
        match argument {
            FnArg::Receiver(receiver) => {
                if let Some(mutability) = &receiver.mutability {
                    let start = mutability.span.byte_range().start;
                    self.muts
                        .push(start..receiver.self_token.span.byte_range().start);
                }
            }
            FnArg::Typed(typed) => self.visit_pat(&typed.pat),
        }
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        if let Pat::Ident(it) = pat {
            let name = it.ident.to_string();
            if !name.starts_with('_') {
                self.names.push(name);
            }
            if let Some(mutability) = it.mutability.filter(|_| it.by_ref.is_none()) {
                let start = mutability.span.byte_range().start;
                self.muts.push(start..it.ident.span().byte_range().start);
            }
        }
        visit::visit_pat(self, pat);
    }
}

/// The `impl Trait` in a return type for which the type of `todo!()` will not do.
pub fn opaque_result(output: &ReturnType) -> Option<proc_macro2::Span> {
    struct Opaque(Option<proc_macro2::Span>);
    impl<'ast> Visit<'ast> for Opaque {
        fn visit_type_impl_trait(&mut self, it: &'ast syn::TypeImplTrait) {
            // The traits that the type `!` has.
            const OF_NEVER: [&str; 9] = [
                "Display", "Debug", "Error", "Clone", "Copy", "Send", "Sync", "Unpin", "Sized",
            ];
            let fits = it.bounds.iter().all(|bound| match bound {
                syn::TypeParamBound::Trait(bound) => {
                    let name = bound
                        .path
                        .segments
                        .last()
                        .map(|last| last.ident.to_string());
                    name.is_some_and(|name| OF_NEVER.contains(&name.as_str()))
                }
                _ => true,
            });
            if !fits && self.0.is_none() {
                self.0 = Some(it.span());
            }
        }
    }
    let mut opaque = Opaque(None);
    opaque.visit_return_type(output);
    opaque.0
}

/// A type that uses the generic parameters which the remaining fields do not use: the compiler
/// insists on that.
pub fn marker_type(generics: &syn::Generics, fields: &[&syn::Field]) -> Option<String> {
    let mut used = Mentions::default();
    fields.iter().for_each(|field| used.visit_field(field));
    let unused: Vec<String> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            syn::GenericParam::Lifetime(it) => {
                let name = it.lifetime.ident.to_string();
                (!used.lifetimes.contains(&name)).then(|| format!("&'{name} ()"))
            }
            syn::GenericParam::Type(it) => {
                let name = it.ident.unraw().to_string();
                (!used.bare.contains(&name)).then_some(name)
            }
            _ => None,
        })
        .collect();
    match &unused[..] {
        [] => None,
        [one] => Some(format!("std::marker::PhantomData<{one}>")),
        several => Some(format!(
            "std::marker::PhantomData<({})>",
            several.join(", ")
        )),
    }
}
