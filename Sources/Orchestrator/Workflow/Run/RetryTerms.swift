/// A retry strategy with its numbers worked out.
struct RetryTerms: Hashable, Sendable {
  enum Decision: Hashable, Sendable {
    case retry(Timestamp)
    case giveUp(String?)
  }

  var limit: Int64?
  var policy: RetryStrategy.Policy
  /// Milliseconds.
  var wait: Int64 = 0
  var factor: Double = 1
  var cap: Int64?
  var maxDuration: Int64?

  /// Waits longer than this are cut to it, so that a large factor cannot overflow.
  private static let longestWait: Int64 = 7 * 24 * 3_600_000

  init(
    _ strategy: RetryStrategy, _ render: (TemplateString) throws(RenderError) -> String
  ) throws(RenderError) {
    policy = strategy.policy
    if let text = strategy.limit {
      let rendered = try render(text)
      guard let number = Int64(rendered), number >= 0 else {
        throw RenderError("retryStrategy.limit '\(rendered)' is not a number")
      }
      limit = number
    }
    guard let backoff = strategy.backoff else { return }
    wait = try Self.duration(try render(backoff.duration), "duration")
    if let text = backoff.factor {
      let rendered = try render(text)
      guard let number = Double(rendered), number >= 0, number.isFinite else {
        throw RenderError("retryStrategy.backoff.factor '\(rendered)' is not a number")
      }
      factor = number == 0 ? 1 : number
    }
    cap = try backoff.cap.map { (text) throws(RenderError) in try Self.duration(try render(text), "cap") }
    maxDuration = try backoff.maxDuration.map { (text) throws(RenderError) in
      try Self.duration(try render(text), "maxDuration")
    }
  }

  private static func duration(_ text: String, _ field: String) throws(RenderError) -> Int64 {
    do {
      return try GoDuration(parsing: text).milliseconds
    } catch {
      throw RenderError("retryStrategy.backoff.\(field): \(error)")
    }
  }

  /// Argo's rules in the order that makes sense: what can never be retried is not waited for first
  /// (argo-workflows #7588 waits before it gives up), and a backoff counts without a limit too.
  func decide(after failures: FailedAttempts) -> Decision {
    guard permits(failures) else { return .giveUp(failures.message) }
    if let limit, Int64(failures.count) > limit { return .giveUp("No more retries left") }
    let due = failures.lastFinishedAt.advanced(byMilliseconds: backoff(before: failures.count))
    if let maxDuration, due.milliseconds(since: failures.firstStartedAt) > maxDuration {
      return .giveUp("Backoff would exceed max duration limit")
    }
    return .retry(due)
  }

  private func permits(_ failures: FailedAttempts) -> Bool {
    switch policy {
    case .always: true
    case .onFailure: failures.phase == .failed
    case .onError: failures.phase == .error
    case .onTransientError: isTransient(failures.message)
    }
  }

  /// wait x factor^(retry - 1), in milliseconds, no longer than `cap`.
  private func backoff(before retry: Int) -> Int64 {
    var wait = Double(wait)
    for _ in 1..<max(retry, 1) where wait < Double(Self.longestWait) { wait *= factor }
    let longest = min(cap ?? Self.longestWait, Self.longestWait)
    return min(Int64(min(wait, Double(Self.longestWait))), longest)
  }
}

/// What is known of a node's attempts when the last of them has failed.
struct FailedAttempts: Hashable, Sendable {
  var count: Int
  var phase: NodePhase
  var message: String?
  var firstStartedAt: Timestamp
  var lastFinishedAt: Timestamp
}

/// Messages that mean "try again" (the gist of Argo's util/errors).
private func isTransient(_ message: String?) -> Bool {
  guard let message = message?.lowercased() else { return false }
  let signs = [
    "timeout", "timed out", "connection refused", "connection reset", "quota", "temporarily unavailable",
    "too many requests", "exit code 75",
  ]
  return signs.contains { message.contains($0) }
}
