//! `faultline completions`: what a shell needs to complete words.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use cli::output::print;

/// Options of `faultline completions`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

pub(crate) fn run(options: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "faultline", &mut script);
    print(String::from_utf8(script)?.trim_end())
}
