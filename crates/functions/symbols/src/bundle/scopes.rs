//! Finds the functions of a script: where each begins and ends, and where its name is.

use super::tokens::{Kind, Token, Tokens};

/// The most functions that are found, and the most brackets that may be open. A script with more has the names of the
/// first ones.
const MAX_FUNCTIONS: usize = 1_000_000;
const MAX_OPEN: usize = 20_000;

/// A name in a script: of a function, or of what a function is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// Where it is, in bytes.
    pub(super) start: usize,
    pub(super) text: &'a str,
}

/// A function of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionName<'a> {
    /// `None`: it is anonymous.
    pub(super) name: Option<Name<'a>>,
    /// The class, if it is a method.
    pub(super) class: Option<Name<'a>>,
    /// Where it begins, in bytes: with `function`, its name or its parameters.
    pub(super) start: usize,
}

/// A place at which code of another function begins; `None` outside of functions.
pub(super) type Change<'a> = (usize, Option<FunctionName<'a>>);

/// An open bracket, or the body of an arrow function without brackets.
#[derive(Clone, Copy, Debug)]
enum Open<'a> {
    Paren {
        start: usize,
        /// The function whose parameters it may have.
        function: Option<FunctionName<'a>>,
        /// The variable that an arrow function is assigned to.
        assigned: Option<Name<'a>>,
        is_control: bool,
    },
    Block {
        is_function: bool,
    },
    Class {
        name: Option<Name<'a>>,
    },
    Object,
    Square,
    Template,
    /// The number of `?` whose `:` is still to come.
    Arrow {
        conditions: u32,
    },
}

struct Finder<'a> {
    open: Vec<Open<'a>>,
    /// The functions around the present place.
    around: Vec<FunctionName<'a>>,
    changes: Vec<Change<'a>>,
    /// The last tokens, newest first.
    last: [Option<Token<'a>>; 5],
    /// A function whose parameters come next.
    declared: Option<FunctionName<'a>>,
    /// A class whose body comes next.
    class: Option<Option<Name<'a>>>,
    /// The bracket that was just closed, if it may have parameters.
    closed: Option<Open<'a>>,
}

/// Returns the places at which the function changes, in order.
pub(super) fn find_functions(text: &str) -> Vec<Change<'_>> {
    let mut finder = Finder {
        open: Vec::new(),
        around: Vec::new(),
        changes: Vec::new(),
        last: [None; 5],
        declared: None,
        class: None,
        closed: None,
    };
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        finder.read(token, &mut tokens);
        if finder.changes.len() > 3 * MAX_FUNCTIONS || finder.open.len() > MAX_OPEN {
            break;
        }
        finder.last.rotate_right(1);
        finder.last[0] = Some(token);
    }
    let mut changes = finder.changes;
    changes.sort_by_key(|(start, _)| *start);
    changes
}

impl<'a> Finder<'a> {
    fn read(&mut self, token: Token<'a>, tokens: &mut Tokens<'a>) {
        let closed = self.closed.take();
        match (token.kind, token.text) {
            (Kind::TemplateExpression, _) => self.open.push(Open::Template),
            (Kind::Literal, _) => {}
            (Kind::Word, _) => self.word(token),
            (Kind::Mark, "(") => self.open_paren(token),
            (Kind::Mark, "[") => self.open.push(Open::Square),
            (Kind::Mark, "{") => self.open_brace(token, closed),
            (Kind::Mark, ")" | "]") => {
                self.end_arrows(token.start);
                if let Some(paren @ (Open::Paren { .. } | Open::Square)) = self.open.last().copied() {
                    self.open.pop();
                    if let Open::Paren { is_control: true, .. } = paren {
                        tokens.expect_expression();
                    }
                    self.closed = Some(paren);
                }
            }
            (Kind::Mark, "}") => self.close_brace(token, tokens),
            (Kind::Mark, "=>") => self.arrow(token, closed),
            (Kind::Mark, "," | ";") => self.end_arrows(token.start),
            (Kind::Mark, "?") => {
                if let Some(Open::Arrow { conditions }) = self.open.last_mut() {
                    *conditions += 1;
                }
            }
            (Kind::Mark, ":") => match self.open.last_mut() {
                Some(Open::Arrow { conditions: 0 }) => self.end_arrows(token.start),
                Some(Open::Arrow { conditions }) => *conditions -= 1,
                Some(_) | None => {}
            },
            (Kind::Mark, _) => {}
        }
    }

    fn word(&mut self, token: Token<'a>) {
        let name = Name { start: token.start, text: token.text };
        let before = self.last[0];
        let is_after = |text: &str| before.is_some_and(|before| before.text == text);
        match token.text {
            _ if is_after(".") || is_after("?.") => {}
            "function" => {
                let from = if is_after("async") { 1 } else { 0 };
                self.declared = Some(FunctionName { name: self.assigned(from), class: None, start: token.start });
            }
            "class" => self.class = Some(self.assigned(0)),
            // A statement: the expression before it has ended with its line.
            "const" | "let" | "var" | "return" | "if" | "for" | "while" | "switch" | "throw" | "export" => {
                self.end_arrows(token.start);
            }
            _ if is_after("function") || (is_after("*") && self.declared.is_some()) => {
                if let Some(declared) = &mut self.declared {
                    declared.name = Some(name);
                }
            }
            _ if is_after("class") => self.class = Some(Some(name)),
            _ => {}
        }
    }

    /// The name to which the expression is assigned that begins after the last `skipped` tokens: `a = …`, `a: …`,
    /// `b.a = …`.
    fn assigned(&self, skipped: usize) -> Option<Name<'a>> {
        let (mark, name) = (self.last.get(skipped)?.as_ref()?, self.last.get(skipped + 1)?.as_ref()?);
        let is_assignment = matches!(mark.text, "=" | ":") && mark.kind == Kind::Mark;
        (is_assignment && name.kind == Kind::Word).then_some(Name { start: name.start, text: name.text })
    }

    fn open_paren(&mut self, token: Token<'a>) {
        let before = self.last[0];
        let word = before.filter(|before| before.kind == Kind::Word);
        let is_method_place = match self.open.last() {
            Some(Open::Class { .. }) => true,
            Some(Open::Object | Open::Block { .. }) => {
                self.last[1].is_some_and(|before| matches!(before.text, "{" | "," | "get" | "set" | "async" | "*"))
            }
            Some(_) | None => false,
        };
        let is_control =
            word.is_some_and(|word| matches!(word.text, "if" | "for" | "while" | "switch" | "with" | "catch"));
        let function = match (self.declared.take(), word) {
            (Some(declared), _) => Some(declared),
            (None, Some(word))
                if is_method_place && (!is_control || matches!(self.open.last(), Some(Open::Class { .. }))) =>
            {
                let class = match self.open.last() {
                    Some(Open::Class { name }) => *name,
                    Some(_) | None => None,
                };
                Some(FunctionName { name: Some(Name { start: word.start, text: word.text }), class, start: word.start })
            }
            (None, _) => None,
        };
        let is_async = word.is_some_and(|word| word.text == "async");
        let assigned = self.assigned(usize::from(is_async));
        self.open.push(Open::Paren { start: token.start, function, assigned, is_control });
    }

    fn open_brace(&mut self, token: Token<'a>, closed: Option<Open<'a>>) {
        if let Some(name) = self.class.take() {
            self.open.push(Open::Class { name });
            return;
        }
        if let Some(Open::Paren { start, function: Some(function), .. }) = closed {
            self.enter(start, function);
            self.enter_body(token.start, function);
            self.open.push(Open::Block { is_function: true });
            return;
        }
        let before = self.last[0];
        if before.is_some_and(|before| before.text == "=>")
            && let Some(Open::Arrow { .. }) = self.open.last()
        {
            // The body of an arrow function, which has brackets after all.
            self.open.pop();
            self.open.push(Open::Block { is_function: true });
            return;
        }
        let is_value = before.is_some_and(|before| match before.kind {
            Kind::Mark => !matches!(before.text, ")" | "{" | "}" | ";" | "=>"),
            Kind::Word => matches!(before.text, "return" | "throw" | "case" | "in" | "of" | "typeof" | "default"),
            Kind::Literal | Kind::TemplateExpression => before.kind == Kind::TemplateExpression,
        });
        let is_static = before.is_some_and(|before| before.text == "static");
        let is_block = !is_value || is_static || closed.is_some();
        self.open.push(if is_block { Open::Block { is_function: false } } else { Open::Object });
    }

    fn close_brace(&mut self, token: Token<'a>, tokens: &mut Tokens<'a>) {
        self.end_arrows(token.start);
        match self.open.last() {
            Some(Open::Template) => {
                if !tokens.resume_template() {
                    self.open.pop();
                }
            }
            Some(Open::Block { is_function }) => {
                let is_function = *is_function;
                self.open.pop();
                if is_function {
                    self.leave(token.start + 1);
                }
            }
            Some(Open::Class { .. } | Open::Object) => {
                self.open.pop();
            }
            // Brackets that do not match: the guess of a regular expression was wrong.
            Some(Open::Paren { .. } | Open::Square | Open::Arrow { .. }) | None => {}
        }
    }

    /// An arrow function begins with its parameters: a bracket that was just closed, or one word.
    fn arrow(&mut self, token: Token<'a>, closed: Option<Open<'a>>) {
        let (start, name) = match closed {
            Some(Open::Paren { start, assigned, .. }) => (start, assigned),
            Some(_) | None => {
                let parameter = self.last[0].map_or(token.start, |before| before.start);
                let is_async = self.last[1].is_some_and(|before| before.text == "async");
                (parameter, self.assigned(if is_async { 2 } else { 1 }))
            }
        };
        // A field of a class is a method.
        let class = match self.open.last() {
            Some(Open::Class { name }) => *name,
            Some(_) | None => None,
        };
        let function = FunctionName { name, class, start };
        self.enter(start, function);
        self.enter_body(token.start, function);
        self.open.push(Open::Arrow { conditions: 0 });
    }

    fn enter(&mut self, start: usize, function: FunctionName<'a>) {
        self.around.push(function);
        self.changes.push((start, Some(function)));
    }

    /// The parameters may have had functions of their own, which ended outside of this one: it was not known yet.
    fn enter_body(&mut self, start: usize, function: FunctionName<'a>) {
        self.changes.push((start, Some(function)));
    }

    fn leave(&mut self, end: usize) {
        self.around.pop();
        self.changes.push((end, self.around.last().copied()));
    }

    /// Ends the bodies of arrow functions without brackets.
    fn end_arrows(&mut self, end: usize) {
        while let Some(Open::Arrow { .. }) = self.open.last() {
            self.open.pop();
            self.leave(end);
        }
    }
}
