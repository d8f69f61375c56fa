/// Longer and longer waits, each a random part off, so that many waiters do not come back together.
struct Backoff: Sendable {
  private var next: Duration
  private let first: Duration
  private let longest: Duration

  init(first: Duration = .milliseconds(250), longest: Duration = .seconds(10)) {
    self.first = first
    self.longest = longest
    next = first
  }

  /// - Parameter asked: what the server asked for; never less than that is waited.
  mutating func wait(asked: Duration? = nil) -> Duration {
    let wait = next * Double.random(in: 0.75...1.25)
    next = min(next * 2, longest)
    return max(wait, asked ?? .zero)
  }

  mutating func reset() { next = first }
}
