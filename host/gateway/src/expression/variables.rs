//! The names that an expression takes from outside.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

/// Names that `expression` reads and does not bind itself: `x` in `mails.map(x, x + '!')`
/// is the loop's own. A name may be both, in different places, and is free then.
pub(super) fn free(expression: &IdedExpr) -> BTreeSet<String> {
    let mut walk = Walk::default();
    walk.expression(expression);
    walk.free.into_iter().map(str::to_owned).collect()
}

#[derive(Default)]
struct Walk<'e> {
    free: BTreeSet<&'e str>,
    /// Names of the comprehensions around, the innermost last.
    bound: Vec<&'e str>,
}

impl<'e> Walk<'e> {
    fn expression(&mut self, expression: &'e IdedExpr) {
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            // Names with `@` are made up by the parser's macros.
            Expr::Ident(name) => {
                if !name.starts_with('@') && !self.bound.contains(&name.as_str()) {
                    self.free.insert(name);
                }
            }
            Expr::Call(call) => {
                call.target.iter().map(AsRef::as_ref).chain(&call.args).for_each(|e| self.expression(e))
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.expression(element)),
            Expr::Select(select) => self.expression(&select.operand),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(structure) => structure.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Comprehension(comprehension) => {
                self.expression(&comprehension.iter_range);
                self.expression(&comprehension.accu_init);
                let outside = self.bound.len();
                self.bound.push(&comprehension.accu_var);
                self.expression(&comprehension.result);
                self.bound.push(&comprehension.iter_var);
                self.bound.extend(comprehension.iter_var2.as_deref());
                self.expression(&comprehension.loop_cond);
                self.expression(&comprehension.loop_step);
                self.bound.truncate(outside);
            }
        }
    }

    fn entry(&mut self, entry: &'e EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.expression(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.expression(&entry.key);
                self.expression(&entry.value);
            }
        }
    }
}
