//! `faultline completions`: what a shell needs to complete words.

use clap::CommandFactory;
use clap_complete::Shell;

use super::output::print;
use crate::args::Args;

/// Options of `faultline completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

pub(super) fn run(options: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "faultline", &mut script);
    print(String::from_utf8(script)?.trim_end())
}
