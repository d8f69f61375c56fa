import Storage

/// What the numeric columns of a batch look like: the ground for checks, drift and charts.
struct BatchProfile: Sendable {
  private let ranges: [String: ClosedRange<Double>]
  private(set) var columns: [String: ColumnProfile] = [:]

  /// - Parameter ranges: what each column's histogram spans; a column without one has no histogram.
  init(ranges: [String: ClosedRange<Double>]) { self.ranges = ranges }

  static func covers(_ type: ColumnType) -> Bool { [.float32, .float64, .int32, .int64].contains(type) }

  /// - Returns: whether a NaN was seen.
  mutating func add(_ column: Column) -> Bool {
    var profile = columns[column.name] ?? ColumnProfile(range: ranges[column.name])
    let before = profile.nans
    switch column.type {
    case .float32: column.withValues(as: Float.self) { profile.add($0, column) { Double($0) } }
    case .float64: column.withValues(as: Double.self) { profile.add($0, column) { $0 } }
    case .int32: column.withValues(as: Int32.self) { profile.add($0, column) { Double($0) } }
    case .int64: column.withValues(as: Int64.self) { profile.add($0, column) { Double($0) } }
    default: break
    }
    columns[column.name] = profile
    return profile.nans > before
  }

  mutating func merge(_ other: BatchProfile) {
    for (name, profile) in other.columns {
      var own = columns[name] ?? ColumnProfile(range: ranges[name])
      own.merge(profile)
      columns[name] = own
    }
  }

  /// A range for the histogram of values between two bounds: 0 to 1 where they fit, else the whole numbers around.
  static func range(around bounds: ClosedRange<Double>) -> ClosedRange<Double> {
    if bounds.lowerBound >= 0, bounds.upperBound <= 1 { return 0...1 }
    let (low, high) = (bounds.lowerBound.rounded(.down), bounds.upperBound.rounded(.up))
    return low...(high > low ? high : low + 1)
  }
}

/// Counts and a histogram of one column's values.
struct ColumnProfile: Codable, Equatable, Sendable {
  static let bins = 20

  var rows = 0
  var nulls = 0
  var nans = 0
  /// Of the finite values, as are the next two.
  var minimum: Double?
  var maximum: Double?
  var sum = 0.0
  var histogram: Histogram?

  /// Values in `bins` bins of equal width; the last one holds its upper bound.
  struct Histogram: Codable, Equatable, Sendable {
    var lower: Double
    var upper: Double
    var counts: [Int]
    /// Values outside of the range, infinite ones included.
    var below = 0
    var above = 0

    /// Shares of the values, those below and above included; nil without values.
    var shares: [Double]? {
      let all = [below] + counts + [above]
      let total = all.reduce(0, +)
      return total > 0 ? all.map { Double($0) / Double(total) } : nil
    }
  }

  init(range: ClosedRange<Double>?) {
    histogram = range.map {
      Histogram(lower: $0.lowerBound, upper: $0.upperBound, counts: Array(repeating: 0, count: Self.bins))
    }
  }

  /// Of the finite values; nil without any.
  var mean: Double? {
    let count = rows - nulls - nans
    return count > 0 ? sum / Double(count) : nil
  }

  mutating func add<Value>(
    _ values: UnsafeBufferPointer<Value>?, _ column: Column, _ number: (Value) -> Double
  ) {
    guard let values else { return }
    let hasNulls = column.nullCount > 0
    var tally = Tally(histogram)
    for index in values.indices {
      if hasNulls, column.isNull(index) { tally.nulls += 1 } else { tally.add(number(values[index])) }
    }
    rows += values.count
    take(tally)
  }

  private mutating func take(_ tally: borrowing Tally) {
    nulls += tally.nulls
    nans += tally.nans
    sum += tally.sum
    if tally.minimum <= tally.maximum {
      minimum = min(minimum ?? .infinity, tally.minimum)
      maximum = max(maximum ?? -.infinity, tally.maximum)
    }
    guard var filled = histogram else { return }
    for index in filled.counts.indices { filled.counts[index] += tally.counts[index] }
    filled.below += tally.below
    filled.above += tally.above
    histogram = filled
  }

  mutating func merge(_ other: ColumnProfile) {
    rows += other.rows
    nulls += other.nulls
    nans += other.nans
    sum += other.sum
    minimum = [minimum, other.minimum].compactMap { $0 }.min()
    maximum = [maximum, other.maximum].compactMap { $0 }.max()
    if let theirs = other.histogram { histogram?.merge(theirs) }
  }
}

extension ColumnProfile.Histogram {
  fileprivate mutating func merge(_ other: Self) {
    guard other.lower == lower, other.upper == upper, other.counts.count == counts.count else { return }
    for index in counts.indices { counts[index] += other.counts[index] }
    below += other.below
    above += other.above
  }
}

/// Counts of one batch of values. Plain memory: this is done for every value of every numeric column.
private struct Tally: ~Copyable {
  var nulls = 0
  var nans = 0
  var sum = 0.0
  var minimum = Double.infinity
  var maximum = -Double.infinity
  var below = 0
  var above = 0
  let counts: UnsafeMutablePointer<Int>
  private let lower: Double
  private let upper: Double
  private let scale: Double

  /// Without a histogram, all values fall out of its range.
  init(_ histogram: ColumnProfile.Histogram?) {
    lower = histogram?.lower ?? .infinity
    upper = histogram?.upper ?? .infinity
    scale = Double(ColumnProfile.bins) / (upper - lower)
    counts = .allocate(capacity: ColumnProfile.bins)
    counts.initialize(repeating: 0, count: ColumnProfile.bins)
  }

  deinit { counts.deallocate() }

  mutating func add(_ value: Double) {
    guard !value.isNaN else {
      nans += 1
      return
    }
    if value.isFinite {
      sum += value
      if value < minimum { minimum = value }
      if value > maximum { maximum = value }
    }
    if value < lower {
      below += 1
    } else if value > upper {
      above += 1
    } else if scale.isFinite {
      counts[min(ColumnProfile.bins - 1, Int((value - lower) * scale))] += 1
    }
  }
}

/// How far a column's values lie from those of an earlier batch.
struct Drift: Codable, Equatable, Sendable {
  /// Population stability index: sum of (p - q) ln(p / q) over the bins. By custom, 0.1 is little and 0.25 is much.
  var psi: Double
  /// Kolmogorov-Smirnov: the greatest distance of the cumulative shares, over the bins.
  var ks: Double

  /// Empty bins count as this share, so that the logarithm exists.
  private static let leastShare = 1e-4

  /// nil when the histograms have other ranges, or no values.
  init?(_ found: ColumnProfile, against baseline: ColumnProfile) {
    guard let now = found.histogram, let before = baseline.histogram, now.lower == before.lower,
      now.upper == before.upper, let p = now.shares, let q = before.shares, p.count == q.count
    else { return nil }
    var (psi, ks, distance) = (0.0, 0.0, 0.0)
    for (p, q) in zip(p, q) {
      distance += p - q
      ks = max(ks, abs(distance))
      let (p, q) = (max(p, Self.leastShare), max(q, Self.leastShare))
      psi += (p - q) * (p / q).logarithm
    }
    self.psi = (psi * 1e6).rounded() / 1e6
    self.ks = (ks * 1e6).rounded() / 1e6
  }
}
