//! A type's name says which one it is: a search for it finds one thing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use syn::visit::{self, Visit};
use syn::{ItemEnum, ItemStruct, ItemTrait, ItemType, ItemUnion};

use crate::{root, rust_files};

/// How many types of the workspace may have the same name.
const MAX_TYPES_OF_A_NAME: usize = 3;

/// The names of the types that a file defines, at any depth.
#[derive(Default)]
struct TypeNames(Vec<String>);

impl<'ast> Visit<'ast> for TypeNames {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_union(&mut self, item: &'ast ItemUnion) {
        self.0.push(item.ident.to_string());
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.0.push(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.0.push(item.ident.to_string());
    }
}

#[test]
fn no_name_is_given_to_more_than_three_types() {
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in ["crates", "tests"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let mut names = TypeNames::default();
        names.visit_file(&syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap());
        for name in names.0 {
            places.entry(name).or_default().push(path.clone());
        }
    }
    assert!(places.len() > 500, "{} types: the folders were not read", places.len());
    places.retain(|_, places| places.len() > MAX_TYPES_OF_A_NAME);
    assert!(places.is_empty(), "rename all but one by what sets them apart: {places:#?}");
}
