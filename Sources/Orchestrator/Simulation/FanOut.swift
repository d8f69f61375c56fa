import Foundation
import WorkflowCore
import WorkflowSpec

/// What a loop costs when it is expanded: the time from the event that starts it to the decisions, and the memory that
/// stays.
struct FanOut {
  let shape: Shape
  let items: Int

  enum Shape: String, CaseIterable {
    /// Items under a group of steps.
    case steps
    /// Items under a task.
    case dag
    /// Items that may be tried again: two nodes each.
    case retried
  }

  struct Cost {
    let nodes: Int
    let seconds: Double
    let bytesPerNode: Double

    var text: String {
      Value.record([
        "nodes": .int(Int64(nodes)), "seconds": .double(seconds), "bytesPerNode": .double(bytesPerNode.rounded()),
      ]).jsonText()
    }
  }

  private var manifest: String {
    let loop = "withSequence: {count: \"\(items)\"}, arguments: {parameters: [{name: n, value: \"{{item}}\"}]}"
    let call = "{name: item, template: work, \(loop)}"
    let body = shape == .dag ? "dag: {tasks: [\(call)]}" : "steps: [[\(call)]]"
    let retry = shape == .retried ? "retryStrategy: {limit: 2}, " : ""
    return """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: wf}
      spec:
        entrypoint: main
        templates:
          - {name: main, \(body)}
          - {name: work, inputs: {parameters: [{name: n}]}, \(retry)container: {image: i, command: [run, "{{inputs.parameters.n}}"]}}
      """
  }

  /// Nil when the workflow could not be read.
  func measured() -> Cost? {
    guard let workflow = WorkflowReader(for: .run).read(manifest, name: "fan-out").workflows.first else { return nil }
    var run = RunState(
      uid: "uid", name: "wf", namespace: "default", workflow: workflow, parameters: [],
      createdAt: Timestamp(milliseconds: 0))
    let (memory, start) = (Self.resident, ContinuousClock.now)
    let launches = run.apply(.begun, at: Timestamp(milliseconds: 0)).commands.count
    let elapsed = ContinuousClock.now - start
    guard launches == items else { return nil }
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return Cost(
      nodes: run.nodes.count, seconds: seconds,
      bytesPerNode: Double(Self.resident - memory) / Double(run.nodes.count))
  }

  /// Bytes of this process that are in memory. What was freed and not given back counts too: what comes of it is an upper
  /// bound.
  private static var resident: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
