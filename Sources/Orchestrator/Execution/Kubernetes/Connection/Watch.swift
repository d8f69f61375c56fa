import WorkflowCore

/// What a watch has seen.
enum WatchNews: Sendable {
  /// Everything there is: at first, and again after versions were missed.
  case listed([Value])
  case changed(Value)
  case removed(Value)
  /// Nothing comes for now; it goes on by itself.
  case interrupted(KubernetesError)
}

/// Follows the objects of a kind in a namespace: one list, then changes from its version on. A broken connection is taken
/// up where it broke; only a version that the server has forgotten leads to another list.
struct Watch: Sendable {
  let client: KubernetesClient
  let kind: ResourceKind
  let namespace: String
  let labels: String
  /// How long one connection lasts. One that has been silent for a little longer than that is taken for dead.
  var seconds: Int64 = 120
  var backoff = Backoff()

  /// Failures in a row after which a version is no longer trusted: a restored server may never reach it.
  private static let trust = 3

  func news() -> AsyncStream<WatchNews> {
    AsyncStream { continuation in
      let task = Task { await follow(continuation) }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func follow(_ continuation: AsyncStream<WatchNews>.Continuation) async {
    var version: String?
    var backoff = backoff
    var failures = 0
    while !Task.isCancelled {
      do {
        if version == nil {
          let list = try await client.list(kind, in: namespace, labels: labels)
          continuation.yield(.listed(list.objects))
          version = list.version
        }
        let start = ContinuousClock.now
        try await changes(since: &version, continuation)
        // A server that hangs up at once is not asked again at once.
        if ContinuousClock.now - start > .seconds(2) {
          (failures, backoff) = (0, self.backoff)
        } else {
          try await Task.sleep(for: backoff.wait())
        }
      } catch let error as KubernetesError {
        failures += 1
        if case .expired = error { version = nil }
        if failures >= Self.trust { (version, failures) = (nil, 0) }
        continuation.yield(.interrupted(error))
        try? await Task.sleep(for: backoff.wait(asked: error.retryAfter))
      } catch {
        // Only a cancelled task ends here.
        return
      }
    }
  }

  /// One connection. `version` moves along, so that the next one begins where this one ended.
  private func changes(since version: inout String?, _ continuation: AsyncStream<WatchNews>.Continuation) async throws {
    var lines = LineSplitter()
    let stream = client.stream(
      kind.path(in: namespace),
      query: [
        "watch": "true", "allowWatchBookmarks": "true", "labelSelector": labels, "resourceVersion": version,
        "timeoutSeconds": String(seconds),
      ], limit: .seconds(seconds + 15))
    for try await bytes in stream {
      for line in lines.split(bytes) {
        guard let event = try? Value(json: String(decoding: line, as: UTF8.self)) else {
          throw KubernetesError.unavailable(
            "GET \(kind.plural): an event cannot be read", retryAfter: nil, mayHaveHadEffect: false)
        }
        try take(event, &version, continuation)
      }
    }
  }

  private func take(
    _ event: Value, _ version: inout String?, _ continuation: AsyncStream<WatchNews>.Continuation
  ) throws(KubernetesError) {
    let object = event["object"] ?? .null
    switch event["type"]?.stringValue {
    case "ADDED", "MODIFIED": continuation.yield(.changed(object))
    case "DELETED": continuation.yield(.removed(object))
    case "BOOKMARK": break
    case "ERROR":
      let text = object["message"]?.stringValue ?? "the watch ended with an error"
      if object["code"]?.integer == 410 { throw .expired(text) }
      let wait = object[["details", "retryAfterSeconds"]]?.integer
      throw .unavailable(text, retryAfter: wait.map { .seconds(min($0, 60)) }, mayHaveHadEffect: false)
    default: return
    }
    if let reached = object[["metadata", "resourceVersion"]]?.stringValue { version = reached }
  }
}

/// Cuts a stream of bytes into lines; the rest of the last one waits for its end.
struct LineSplitter: Sendable {
  private var rest: [UInt8] = []

  mutating func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest + bytes[start..<end])
      rest = []
      start = end + 1
    }
    rest += bytes[start...]
    return lines.filter { !$0.isEmpty }
  }
}
