import ArgumentParser
import WorkflowCore
import WorkflowEngine

/// `orchestrate get`: one run, as it stands.
struct Get: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a run: its phase and its tree of nodes.",
    discussion: """
      EXAMPLES
        orchestrate get @latest
        orchestrate get daily-x7k2p -o json | jq .status.phase
      """)

  @Argument(help: "The run's name, or @latest.")
  var name: String

  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "The form of what is printed.")
  var output: OutputFormat = .text

  func run() throws {
    let run = try state.run(named: name, in: try state.open())
    guard output == .text else { return output.print(run) }
    print(RunReport(run, now: SystemTime().now).text(style: .forStandardOutput))
  }
}
