import ArgumentParser
import WorkflowCore

/// `orchestrate retry`: runs again what failed, in the same run.
struct Retry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the failed parts of a run again; what succeeded is kept.",
    discussion: """
      EXAMPLES
        orchestrate retry @latest
        orchestrate retry @latest -p threads=1                             with another value from now on
        orchestrate retry @latest --node-field-selector displayName=merge  only that node, and what follows it
        orchestrate retry @latest --restart-successful --node-field-selector templateName=infer-shard

      Of a loop only the items that failed are run again. What the failed attempts left is kept under runs/ (NODE~1).
      """)

  @Argument(help: "The run's name, or @latest.")
  var name: String

  @Flag(help: "Also run nodes again that succeeded, where the selector picks them.")
  var restartSuccessful = false

  @Option(help: ArgumentHelp("Only these nodes.", valueName: "field=value,..."))
  var nodeFieldSelector: String?

  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp("A workflow parameter's new value; may be repeated.", valueName: "name=value"))
  var parameter: [String] = []

  @Flag(help: "Leave the run to an engine in the background, and return.")
  var detach = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .shortAndLong, help: "What to print on standard output at the end.")
  var output: OutputFormat = .text

  func validate() throws {
    if restartSuccessful, nodeFieldSelector == nil {
      throw ValidationError("--restart-successful needs --node-field-selector: say which nodes")
    }
  }

  func run() async throws {
    let retry = ManualRetry(
      restartsSuccessful: restartSuccessful, selector: try nodeFieldSelector.map(selector),
      parameters: try parameter.map { try ParameterValue(pair: $0, option: "-p") })
    let file = try state.open()
    let carrier = try Carrier(file, state, machine)
    let run = try state.run(named: name, in: file)
    try await carrier.ask(.retry(retry), of: run, .answer)
    try await carrier.finish(try state.run(named: run.uid, in: file), detaching: detach, output)
  }
}

/// Reads a `--node-field-selector`.
func selector(_ text: String) throws -> NodeSelector {
  do {
    return try NodeSelector(parsing: text)
  } catch {
    throw ValidationError("--node-field-selector: \(error)")
  }
}

extension ParameterValue {
  /// A parameter as it is written in a command line: `name=value`.
  init(pair text: String, option: String) throws {
    guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
      throw ValidationError("\(option) '\(text)': write it as name=value")
    }
    self.init(name: String(text[..<mark]), value: String(text[text.index(after: mark)...]))
  }
}
