//! `faultline completions`: scripts for completion in shells.

use clap_complete::Shell;

use cli::output::print;

/// Options of `faultline completions`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Completions {
    /// Shell to print the script for
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Prints the completion script for `command`, the whole command line.
pub(crate) fn run(options: &Completions, command: &mut clap::Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, command, "faultline", &mut script);
    print(String::from_utf8(script)?.trim_end())
}
