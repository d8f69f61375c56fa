import ArgumentParser
import Foundation
import StateFile
import WorkflowCore

/// `orchestrate logs`: what the steps of a run printed.
struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the logs of a run's steps.",
    discussion: """
      EXAMPLES
        orchestrate logs @latest                   every step, each line after its step's name
        orchestrate logs @latest infer-shard       steps and their loop items of that name
        orchestrate logs @latest merge --tail 20
        orchestrate logs @latest -f                go on until the run has ended
      """)

  @Argument(help: "The run's name, or @latest.")
  var name: String

  @Argument(help: "Only this step: its display name, its template, its node or pod ID.")
  var step: String?

  @Option(help: "Only the last lines of each step.")
  var tail: Int?

  @Flag(help: "Lines without the step's name in front.")
  var noPrefix = false

  @Flag(name: .shortAndLong, help: "Print what is added until the run has ended.")
  var follow = false

  @OptionGroup var state: StateOptions

  func validate() throws {
    if let tail, tail < 0 { throw ValidationError("--tail takes a number of lines") }
  }

  func run() async throws {
    let file = try state.open()
    let run = try state.run(named: name, in: file)
    guard !follow else { return try await self.follow(run, file) }
    let nodes = run.nodes.filter { $0.type.isLeaf && matches($0, run) }
    guard step == nil || !nodes.isEmpty else {
      throw fail(
        "'\(run.name)' has no step '\(step ?? "")'", hint: "'orchestrate get \(run.name)' shows them",
        ExitStatus.noInput)
    }
    for node in nodes {
      for line in AttemptLog(of: node, in: run, under: state.attemptsRoot).lines(tail: tail) {
        print(noPrefix ? line : "\(node.displayName): \(line)")
      }
    }
  }

  private func follow(_ run: RunState, _ file: StateFile) async throws {
    let follower = LogFollower(run, file, attemptsRoot: state.attemptsRoot, prefixes: !noPrefix) { matches($0, $1) }
    guard try await follower.follow() else { throw ExitStatus.interrupted }
  }

  private func matches(_ node: Node, _ run: RunState) -> Bool {
    guard let step else { return true }
    return [node.displayName, node.name, node.id, node.templateName].contains(step)
      || node.displayName.hasPrefix(step + "(")
  }
}

/// The files of one attempt's output.
struct AttemptLog {
  private let folder: String

  init(of node: Node, in run: RunState, under root: String) { folder = "\(root)/\(run.uid)/\(node.id)" }

  /// Standard error and output in the order written; where output was kept apart as the result, it comes last.
  func lines(tail: Int? = nil) -> [String] {
    let lines = ["main.log", "stdout"].flatMap { file -> [String] in
      let data = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
      var lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\n")
      if lines.last == "" { lines.removeLast() }
      return lines
    }
    return tail.map { Array(lines.suffix($0)) } ?? lines
  }
}
