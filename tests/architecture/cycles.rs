//! No two files of a crate import each other, directly or through others, so each file can be read after those it uses.
//!
//! An import counts for the file that defines the name, not for the `mod.rs` that re-exports it with `pub use`. Imports
//! from a file's ancestor modules do not count, because those hold what their files share. Neither do imports in tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::{root, rust_files};

/// A module's path within its crate.
type Module = Vec<String>;

/// The imports and re-exports of one file.
#[derive(Default)]
struct File {
    path: PathBuf,
    /// Names that private `use` items bring in, with their paths.
    imports: Vec<(String, Vec<String>)>,
    /// Names that `pub use` items re-export. A glob has the name `*`.
    exports: Vec<(String, Vec<String>)>,
    /// Paths of more than one segment that the code itself contains.
    paths: Vec<Vec<String>>,
    /// Modules that are declared with `#[cfg(test)]`.
    tests: Vec<String>,
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"))
    })
}

impl File {
    fn use_tree(&mut self, tree: &UseTree, before: &[String], is_export: bool) {
        let found = if is_export { &mut self.exports } else { &mut self.imports };
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, &with(&path.ident), is_export),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, before, is_export)),
            UseTree::Name(name) if name.ident == "self" => {
                found.push((before.last().cloned().unwrap_or_default(), before.to_vec()));
            }
            UseTree::Name(name) => found.push((name.ident.to_string(), with(&name.ident))),
            UseTree::Rename(name) => found.push((name.rename.to_string(), with(&name.ident))),
            UseTree::Glob(_) => found.push(("*".to_owned(), before.to_vec())),
        }
    }
}

impl<'ast> Visit<'ast> for File {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if is_for_tests(&item.attrs) {
            self.tests.push(item.ident.to_string());
        } else {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_export = !matches!(item.vis, Visibility::Inherited);
        self.use_tree(&item.tree, &[], is_export);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

/// The files of one crate, by module.
struct Modules(BTreeMap<Module, File>);

impl Modules {
    fn read(src: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for path in rust_files(src) {
            let inside = path.strip_prefix(src).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if matches!(module.last().unwrap().as_str(), "mod" | "lib" | "main") {
                module.pop();
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut file = File { path, ..File::default() };
            file.visit_file(&syn::parse_file(&text).unwrap());
            // Skip the `main.rs` of a crate that also has a library: it only calls the library.
            modules.entry(module).or_insert(file);
        }
        let tests: Vec<Module> = modules
            .iter()
            .flat_map(|(module, file)| {
                file.tests.iter().map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
            })
            .collect();
        modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Self(modules)
    }

    /// Returns the module whose file defines what `path` names in `module`. Returns `None` if that is a module, or is
    /// not in this crate.
    fn defining(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let child = |module: &Module, name: &String| [module.as_slice(), std::slice::from_ref(name)].concat();
        let mut at: Module = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            _ if self.0.contains_key(&child(module, first)) => child(module, first),
            _ => {
                let imports = &self.0.get(module)?.imports;
                let (_, whole) = imports.iter().find(|(name, whole)| name == first && whole[0] != *first)?;
                let whole = [whole.as_slice(), rest].concat();
                return if depth == 0 { None } else { self.defining(module, &whole, depth - 1) };
            }
        };
        for (index, name) in rest.iter().enumerate() {
            if name == "super" {
                at.pop();
            } else if self.0.contains_key(&child(&at, name)) {
                at = child(&at, name);
            } else {
                let file = self.0.get(&at)?;
                let passed_on = file.exports.iter().find_map(|(exported, whole)| {
                    let tail = if exported == "*" { &rest[index..] } else { &rest[index + 1..] };
                    let whole = [whole.as_slice(), tail].concat();
                    let is_it = exported == name || exported == "*";
                    (is_it && depth > 0).then(|| self.defining(&at, &whole, depth - 1))?
                });
                return passed_on.or(Some(at));
            }
        }
        None
    }

    /// Returns the modules whose files each file uses.
    fn uses(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let uses = |module: &Module, file: &File| {
            let imports = file.imports.iter().map(|(_, path)| path);
            let found = imports.chain(&file.paths).filter_map(|path| self.defining(module, path, 8));
            // Ancestor modules do not count.
            found.filter(|used| !module.starts_with(used) && self.0.contains_key(used)).collect()
        };
        self.0.iter().map(|(module, file)| (module, uses(module, file))).collect()
    }

    /// Returns groups of files that use each other, directly or through others.
    fn circles(&self) -> Vec<Vec<PathBuf>> {
        let uses = self.uses();
        let reached = |from: &Module| {
            let mut reached: BTreeSet<&Module> = BTreeSet::new();
            let mut next: Vec<&Module> = uses[from].iter().collect();
            while let Some(module) = next.pop() {
                if reached.insert(module) {
                    next.extend(&uses[module]);
                }
            }
            reached
        };
        let reach: BTreeMap<_, _> = uses.keys().map(|module| (*module, reached(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, reached) in &reach {
            let circle =
                reached.iter().filter(|other| reach[*other].contains(module)).map(|other| self.0[*other].path.clone());
            circles.insert(circle.collect::<Vec<_>>());
        }
        circles.into_iter().filter(|circle| !circle.is_empty()).collect()
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let manifests = |folder: &Path| -> Vec<PathBuf> {
        let mut sources: Vec<_> = walk(folder).into_iter().filter(|path| path.ends_with("src")).collect();
        sources.sort();
        sources
    };
    let sources = manifests(&root().join("crates"));
    assert!(sources.len() > 15, "{sources:?}");
    let circles: Vec<_> = sources.iter().flat_map(|src| Modules::read(src).circles()).collect();
    assert!(circles.is_empty(), "these files import each other: {circles:#?}");
}

/// All folders under a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    folders.flat_map(|folder| [vec![folder.clone()], walk(&folder)].concat()).collect()
}
