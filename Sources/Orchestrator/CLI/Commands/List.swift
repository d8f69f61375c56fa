import ArgumentParser
import StateFile
import WorkflowCore
import WorkflowEngine

/// `orchestrate list`: every run of the state file.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the runs, newest first.",
    discussion: """
      EXAMPLES
        orchestrate list
        orchestrate list --running -o name
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, name, json }

  @Flag(help: "Only runs that have not ended.")
  var running = false

  @Flag(help: "Only runs that have ended.")
  var completed = false

  @OptionGroup var state: StateOptions

  @Option(name: .shortAndLong, help: "The form of what is printed.")
  var output: Format = .text

  func run() throws {
    do {
      let rows = try state.open().listedRuns()
      let runs = rows.compactMap(\.summary).filter(isWanted)
      for case .damaged(let name, let reason) in rows { printError("warning: run '\(name)': \(reason)") }
      switch output {
      case .name: runs.forEach { print($0.name) }
      case .json: print(Value.array(runs.map(object)).jsonText(indent: 2))
      case .text: printTable(runs)
      }
    } catch let error as StateError {
      throw fail("\(error)", ExitStatus.tryAgain)
    }
  }

  private func isWanted(_ run: RunSummary) -> Bool {
    if running { return !run.phase.isFinished }
    return !completed || run.phase.isFinished
  }

  private func printTable(_ runs: [RunSummary]) {
    guard !runs.isEmpty else { return print("no workflows") }
    let now = SystemTime().now
    var table = TextTable(["NAME", "STATUS", "AGE", "DURATION", "PROGRESS", "MESSAGE"])
    for run in runs {
      table.add([
        run.name, run.phase.rawValue, duration(now.milliseconds(since: run.createdAt)),
        run.startedAt.map { duration((run.finishedAt ?? now).milliseconds(since: $0)) } ?? "-",
        "\(run.progress.done)/\(run.progress.total)", run.message ?? "",
      ])
    }
    print(table.text)
  }

  private func object(_ run: RunSummary) -> Value {
    .record([
      "name": .string(run.name), "namespace": .string(run.namespace), "uid": .string(run.uid),
      "phase": .string(run.phase.rawValue), "message": run.message.map(Value.string),
      "createdAt": .string(run.createdAt.rfc3339), "startedAt": run.startedAt.map { .string($0.rfc3339) },
      "finishedAt": run.finishedAt.map { .string($0.rfc3339) },
      "progress": .string("\(run.progress.done)/\(run.progress.total)"),
    ])
  }
}

extension ListedRun {
  fileprivate var summary: RunSummary? {
    guard case .run(let summary) = self else { return nil }
    return summary
  }
}
