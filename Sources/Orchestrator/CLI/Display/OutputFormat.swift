import ArgumentParser
import WorkflowCore
import WorkflowSpec

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, name, json, yaml

  /// Prints a run on standard output.
  func print(_ run: RunState) {
    switch self {
    case .text: Swift.print("\(run.name) \(run.phase.rawValue) in \(duration(elapsed(run)))")
    case .name: Swift.print(run.name)
    case .json: Swift.print(run.workflowObject.jsonText(indent: 2))
    case .yaml: Swift.print(yamlText(run.workflowObject), terminator: "")
    }
  }

  private func elapsed(_ run: RunState) -> Int64 {
    guard let start = run.startedAt, let end = run.finishedAt else { return 0 }
    return end.milliseconds(since: start)
  }
}
