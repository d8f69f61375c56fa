import ArgumentParser
import StateFile
import WorkflowCore
import WorkflowEngine

/// `orchestrate delete`: forgets runs and their files.
struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forget runs that have ended, with their logs.",
    discussion: """
      EXAMPLES
        orchestrate delete daily-x7k2p
        orchestrate delete --completed --older 30d
        orchestrate delete --all --dry-run
        orchestrate delete daily-x7k2p --force      also if it has not ended: it is terminated first
      """)

  @Argument(help: ArgumentHelp("Names of runs; @latest is the newest.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Every run.")
  var all = false

  @Flag(help: "Every run that has ended.")
  var completed = false

  @Option(help: ArgumentHelp("Only runs that ended longer ago than this.", valueName: "30d|12h|5m|10s"))
  var older: String?

  @Option(help: "Only runs whose name begins so.")
  var prefix: String?

  @Option(help: ArgumentHelp("Only runs in one of these phases.", valueName: "Succeeded,Failed,..."))
  var status: String?

  @Flag(help: "Terminate runs that have not ended.")
  var force = false

  @Flag(help: "Only say which runs it would be.")
  var dryRun = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard !names.isEmpty || all || completed || older != nil || prefix != nil || status != nil else {
      throw ValidationError("name runs, or say which with --all, --completed, --older, --prefix or --status")
    }
    _ = try age()
  }

  func run() async throws {
    let file = try state.open()
    for name in try chosen(file) {
      let run = try state.run(named: name, in: file)
      if !dryRun { try await delete(run, file) }
      print("workflow \(run.name) deleted" + (dryRun ? " (dry run)" : ""))
    }
  }

  private func delete(_ run: RunState, _ file: StateFile) async throws {
    let carrier = try Carrier(file, state, machine)
    if force, !run.isSettled {
      try await carrier.ask(.shutDown(.terminate), of: run, .end)
      try await carrier.settle(run)
    }
    try await carrier.ask(.delete, of: run, .answer)
  }

  private func chosen(_ file: StateFile) throws -> [String] {
    guard names.isEmpty else { return names }
    let (now, age) = (SystemTime().now, try age())
    let phases = status?.split(separator: ",").map(String.init)
    return try file.summaries().filter { run in
      if completed, !run.phase.isFinished { return false }
      if let age, run.finishedAt.map({ now.milliseconds(since: $0) > age }) != true { return false }
      if let prefix, !run.name.hasPrefix(prefix) { return false }
      return phases?.contains(run.phase.rawValue) ?? true
    }.map(\.uid)
  }

  /// `--older` in milliseconds.
  private func age() throws -> Int64? {
    guard let older else { return nil }
    let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let unit = older.last.flatMap({ units[$0] }), let count = Int64(older.dropLast()), count >= 0 else {
      throw ValidationError("--older '\(older)': write it as 30d, 12h, 5m or 10s")
    }
    return count.multipliedReportingOverflow(by: unit).partialValue
  }
}
