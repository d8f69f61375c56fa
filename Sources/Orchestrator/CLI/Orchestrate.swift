import ArgumentParser

@main
struct Orchestrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orchestrate",
    abstract: "Runs Argo Workflows on this machine, without a cluster.",
    discussion: """
      EXAMPLES
        orchestrate lint workflows/                               what is wrong, and where
        orchestrate submit workflows/daily.yaml -p date=2013-07-04
        orchestrate list
        orchestrate get @latest
        orchestrate logs @latest infer-shard

      State is kept in .orchestrate/state.db below the current directory (--state, or $ORCHESTRATE_STATE).
      Exit codes: 0 done, 1 the workflow did not succeed, 64 wrong usage, 65 wrong workflow, 70 a bug, 75 try again.
      """,
    version: programVersion,
    subcommands: [
      Submit.self, Apply.self, Lint.self, TemplateCommand.self, CronCommand.self, NodeCommand.self, CopyArtifacts.self,
      Explain.self, Version.self, Completion.self, Get.self, List.self, Logs.self, Watch.self, Wait.self, Stop.self,
      Terminate.self,
      Suspend.self, Resume.self,
      Retry.self, Resubmit.self, Delete.self, DriveEngine.self, Resources.self, Backup.self,
    ])
}

let programVersion = "0.1.0"

/// In this module an argument is one of the command line, not one that a step hands to a template.
typealias Argument = ArgumentParser.Argument
