import Foundation

/// Counts values by their leading bits: sign, exponent and five bits of the fraction. Bins are the same for every
/// run, need no range to be known, and are 3 % wide.
struct ScoreHistogram: Equatable, Sendable {
  /// By bin; a greater bin holds greater values.
  private(set) var counts: [Int: Int] = [:]
  private(set) var total = 0

  init() {}

  init(counts: [Int: Int]) {
    self.counts = counts
    total = counts.values.reduce(0, +)
  }

  mutating func add(_ value: Float) {
    guard !value.isNaN else { return }
    counts[Self.bin(of: value), default: 0] += 1
    total += 1
  }

  /// The bin of a value. Zero has one of its own.
  static func bin(of value: Float) -> Int {
    let bits = value.bitPattern
    let magnitude = Int((bits & 0x7fff_ffff) >> 18)
    return bits >> 31 == 0 ? magnitude : -magnitude
  }

  /// The population stability index of this histogram against an expected one: the sum of (a - e) * ln(a / e) over
  /// at most ten groups of bins that hold about equal shares of the expected values. Below 0.1 is taken as no
  /// change, above 0.25 as a large one.
  func stabilityIndex(against expected: ScoreHistogram) -> Double {
    guard total > 0, expected.total > 0 else { return 0 }
    // A group that is empty on one side must not make the index infinite.
    let least = 1e-4
    return groups(of: expected).reduce(0) { sum, group in
      let actual = max(Double(group.actual) / Double(total), least)
      let share = max(Double(group.expected) / Double(expected.total), least)
      return sum + (actual - share) * log(actual / share)
    }
  }

  private static let groupCount = 10

  private func groups(of expected: ScoreHistogram) -> [(actual: Int, expected: Int)] {
    let bins = Set(counts.keys).union(expected.counts.keys).sorted()
    let share = max(expected.total / Self.groupCount, 1)
    var groups: [(actual: Int, expected: Int)] = []
    var group = (actual: 0, expected: 0)
    for bin in bins {
      group.actual += counts[bin] ?? 0
      group.expected += expected.counts[bin] ?? 0
      if group.expected >= share {
        groups.append(group)
        group = (0, 0)
      }
    }
    // What is left over is too small for a group of its own.
    guard var last = groups.popLast() else { return [group] }
    last = (last.actual + group.actual, last.expected + group.expected)
    return groups + [last]
  }
}
