import ArgumentParser
import Foundation
import ProcessExecution
import StateFile
import WorkflowCore

/// `orchestrate resources`: who holds this machine's cores, memory and GPUs, and who waits for them.
struct Resources: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show who holds and who waits for the machine's cores, memory and GPUs.",
    discussion: """
      EXAMPLES
        orchestrate resources
        orchestrate resources --gpus 2      where an engine was told so
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let file = try state.open()
    let capacity = MachineCapacity.ofThisMachine(gpus: machine.gpus)
    print("this machine: \(cores(capacity.cpu)) cores, \(bytes(capacity.memory)), \(capacity.gpus) GPUs")
    var table = TextTable(["WORKFLOW", "STEP", "STATE", "CPU", "MEMORY", "GPUS", "DEVICES", "MESSAGE"])
    var isEmpty = true
    for uid in try file.unfinishedRuns() {
      guard let run = try file.run(uid: uid).map(revive) else { continue }
      for case .launch(let launch) in run.outstandingCommands {
        isEmpty = false
        table.add(row(launch, of: run[launch.attempt.node], in: run))
      }
    }
    print(isEmpty ? "nothing runs and nothing waits" : table.text)
  }

  private func row(_ launch: Launch, of node: Node, in run: RunState) -> [String] {
    let devices = attemptDevices(launch.attempt, under: state.attemptsRoot)
    return [
      run.name, node.displayName, node.attempt == .requested ? "waits" : "holds",
      launch.requests["cpu"].map(cores) ?? "-", launch.requests["memory"].map(bytes) ?? "-",
      launch.requests["nvidia.com/gpu"].map { String($0 / 1000) } ?? "-",
      devices.isEmpty ? "-" : devices.map(String.init).joined(separator: ","), node.message ?? "",
    ]
  }

  private func cores(_ thousandths: Int64) -> String {
    thousandths % 1000 == 0 ? String(thousandths / 1000) : "\(thousandths)m"
  }

  private func bytes(_ thousandths: Int64) -> String { count(Double(thousandths / 1000)) + "B" }
}
