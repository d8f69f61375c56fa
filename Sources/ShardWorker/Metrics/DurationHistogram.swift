import Foundation

/// Counts durations by their length.
final class DurationHistogram: @unchecked Sendable {
  // Sendable: guarded by `lock`.

  /// Upper bounds in seconds: a batch that stays in cache takes 100 microseconds, a large one seconds.
  static let bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10]

  private let lock = NSLock()
  private var counts = [Int](repeating: 0, count: DurationHistogram.bounds.count + 1)
  private var sum = 0.0

  func add(_ seconds: Double) {
    let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    lock.withLock {
      counts[bucket] += 1
      sum += seconds
    }
  }

  /// The lines of a Prometheus histogram: buckets that each include those before, sum and count.
  var samples: [MetricsPage.Sample] {
    let (counts, sum) = lock.withLock { (self.counts, self.sum) }
    var total = 0
    var lines: [MetricsPage.Sample] = []
    for (bound, count) in zip(Self.bounds + [.infinity], counts) {
      total += count
      let label = bound == .infinity ? "+Inf" : String(bound)
      lines.append(
        MetricsPage.Sample(suffix: "_bucket", labels: [("le", label)], value: Double(total)))
    }
    return lines + [
      MetricsPage.Sample(suffix: "_sum", value: sum),
      MetricsPage.Sample(suffix: "_count", value: Double(total)),
    ]
  }
}
