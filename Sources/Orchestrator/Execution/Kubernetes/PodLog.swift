import Foundation
import WorkflowCore

/// Follows the log of one pod into the attempt's `main.log`, and picks out what the helper hands over.
actor PodLog {
  private let client: KubernetesClient
  private let place: (namespace: String, pod: String)
  private let folder: PodFolder
  private let told: @Sendable (WorkflowCore.Progress) -> Void
  private var handover: Handover
  /// Bytes of the pod's log that have been taken, by this process.
  private var taken = 0
  private var file: FileHandle?
  /// Whether the container has ended, so that its log gets no longer.
  private var hasEnded = false
  private var reading: Task<Void, any Error>?

  /// How often a log is asked for that ought to be there, once its container has ended.
  private static let tries = 8

  init(
    _ client: KubernetesClient, _ record: PodRecord, _ folder: PodFolder,
    told: @escaping @Sendable (WorkflowCore.Progress) -> Void
  ) {
    self.client = client
    place = (record.namespace, record.name)
    self.folder = folder
    self.told = told
    handover = Handover(mark: record.mark)
  }

  /// Reads until everything has been handed over, or the container has ended and its log has been read to its end.
  func follow() async -> Handover {
    var backoff = Backoff(first: .milliseconds(200), longest: .seconds(15))
    var failures = 0
    while !handover.isComplete {
      let wasEnded = hasEnded
      do {
        try await readOnce()
        // The end of a log that was asked for after the container's end is the end.
        if wasEnded { break }
        (backoff, failures) = (Backoff(first: .milliseconds(200), longest: .seconds(15)), 0)
      } catch {
        failures += 1
        let isGone = (error as? KubernetesError).map { !$0.isPassing } ?? false
        if wasEnded, isGone || failures >= Self.tries { break }
      }
      if !handover.isComplete { try? await Task.sleep(for: backoff.wait()) }
    }
    write(handover.finish())
    try? file?.close()
    return handover
  }

  /// The container has ended. A stream that was open then gets a little time to bring what is left.
  func end() {
    guard !hasEnded else { return }
    hasEnded = true
    Task {
      try? await Task.sleep(for: .seconds(10))
      reading?.cancel()
    }
  }

  /// What the container's termination message repeats of the hand-over, where the log itself is gone.
  func take(message: String) -> Handover {
    guard !handover.isComplete else { return handover }
    var other = Handover(mark: "")
    if let mark = message.split(separator: " ", maxSplits: 1).first { other = Handover(mark: String(mark.dropFirst())) }
    _ = other.take(Array(message.utf8))
    return other.isComplete ? other : handover
  }

  private func readOnce() async throws {
    let path = ResourceKind.pods.path(in: place.namespace, place.pod, "log")
    let stream = client.stream(
      path, query: ["container": "main", "follow": hasEnded ? "false" : "true"], limit: hasEnded ? .seconds(120) : nil)
    let task = Task { [weak self] in
      var position = 0
      for try await bytes in stream {
        guard await self?.take(bytes, at: position) ?? false else { return }
        position += bytes.count
      }
    }
    reading = task
    try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Takes what is new of bytes that stand at a place of the log; returns whether more is wanted.
  private func take(_ bytes: [UInt8], at position: Int) -> Bool {
    let known = max(0, min(bytes.count, taken - position))
    let new = Array(bytes.dropFirst(known))
    taken = max(taken, position + bytes.count)
    let (log, progress) = handover.take(new)
    write(log)
    if let progress { told(progress) }
    return !handover.isComplete
  }

  private func write(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    if file == nil {
      // A log that is read from its beginning takes the place of what an earlier engine had of it.
      _ = FileManager.default.createFile(atPath: folder.log, contents: nil)
      file = FileHandle(forWritingAtPath: folder.log)
    }
    try? file?.write(contentsOf: Data(bytes))
  }
}
