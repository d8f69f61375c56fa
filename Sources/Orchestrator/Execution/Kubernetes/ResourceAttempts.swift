import Execution
import Foundation
import WorkflowCore

// Attempts of resource templates: no pod, but a task that speaks to the API.

extension KubernetesExecutor {
  /// Carries a resource template out. Its record is there so that the attempt is known to be the cluster's.
  func startResource(_ launch: Launch, _ request: ResourceRequest) throws(ExecutionError) {
    let attempt = launch.attempt
    let folder = folder(of: attempt)
    if let outcome = folder.outcome() {
      continuation.yield(.ended(attempt, outcome))
      return
    }
    try folder.write(
      PodRecord(
        manifest: .record(["metadata": .record(["namespace": .string(launch.namespace)])]), uid: nil, replacements: 0,
        mark: "", keepsFailed: false))
    if request.setsOwner { try rememberOwner(ofRun: attempt.run, in: launch.namespace) }
    let log = ResourceLog(path: folder.log)
    let step = ResourceStep(client: client, launch: launch, request: request) { log.add($0) }
    continuation.yield(.started(attempt))
    resources[attempt] = Task {
      let outcome = await step.run()
      self.resourceEnded(attempt, outcome)
    }
    if let seconds = launch.deadlineSeconds {
      Task { [weak self] in
        try await Task.sleep(for: .seconds(seconds))
        await self?.exceedDeadline(attempt)
      }
    }
  }

  private func exceedDeadline(_ attempt: AttemptID) {
    guard let task = resources[attempt] else { return }
    resourceEnded(attempt, Outcome(.deadlineExceeded))
    task.cancel()
  }

  private func resourceEnded(_ attempt: AttemptID, _ outcome: Outcome) {
    guard resources.removeValue(forKey: attempt) != nil else { return }
    // Unwritten it is carried out again, which every action allows.
    try? folder(of: attempt).write(outcome)
    continuation.yield(.ended(attempt, outcome))
  }

  // MARK: Owners of runs

  private func ownerFile(ofRun uid: String) -> String { "\(settings.root)/\(uid)/\(RunOwner.fileName)" }

  private func rememberOwner(ofRun uid: String, in namespace: String) throws(ExecutionError) {
    do {
      try Data(namespace.utf8).write(to: URL(fileURLWithPath: ownerFile(ofRun: uid)), options: .atomic)
    } catch {
      throw .unavailable("cannot write \(ownerFile(ofRun: uid)): \(error.localizedDescription)")
    }
  }

  func removeOwner(ofRun uid: String) async throws(ExecutionError) {
    guard let namespace = try? String(contentsOfFile: ownerFile(ofRun: uid), encoding: .utf8) else { return }
    do throws(KubernetesError) {
      try await RunOwner.remove(of: uid, in: namespace, client)
    } catch {
      throw .unavailable(error.message)
    }
  }
}

/// The log of an attempt without a pod: what was done, line by line.
private struct ResourceLog: Sendable {
  let path: String

  func add(_ line: String) {
    if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    guard let file = FileHandle(forWritingAtPath: path) else { return }
    defer { try? file.close() }
    guard (try? file.seekToEnd()) != nil else { return }
    try? file.write(contentsOf: Data((line + "\n").utf8))
  }
}
