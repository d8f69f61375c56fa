import Foundation
import Storage

/// Watches a shard while it runs: whether its scores and nulls are like those of a baseline, whether it gets
/// slower, and whether its memory grows. Told of slabs in order, by one thread.
final class DriftWatch {
  enum Action: String, CaseIterable {
    case warn, stop
  }

  /// Beyond what an alarm is raised.
  struct Limits: Equatable {
    /// Of the population stability index of an output's values.
    var stabilityIndex = 0.25
    /// Of the difference between null rates.
    var nullRate = 0.1
    /// Share of the expected rows a second that may be missing.
    var slowdown = 0.5
    /// Growth of resident memory in MiB a minute.
    var memoryGrowth = 64.0
    /// Fewer rows say nothing of a distribution.
    var leastRows = 10_000
  }

  struct Alarm: Equatable {
    /// What it is about, such as `scores of late`; each is raised once.
    let subject: String
    let message: String
  }

  /// Seconds between two looks at speed and memory.
  private static let window = 1.0
  private static let windowsInARow = 5
  private static let memorySamples = 30
  private static let rowsBetweenChecks = 65_536

  private let baseline: DriftBaseline?
  private let limits: Limits
  private let seconds: () -> Double
  private let memory: () -> Int
  private(set) var rows = 0
  private(set) var raised: [Alarm] = []
  /// The index of each output that the baseline knows, as of the last check.
  private(set) var indices: [String: Double] = [:]
  private var histograms: [String: ScoreHistogram] = [:]
  private var nulls: [String: Int] = [:]
  private var nextCheck: Int
  private var windowStart: Double?
  private var windowRows = 0
  private var fastest = 0.0
  private var slowWindows = 0
  private var memoryTrack: [(at: Double, bytes: Double)] = []
  private let begin: Double

  init(
    baseline: DriftBaseline?, limits: Limits = Limits(),
    seconds: @escaping () -> Double = DriftWatch.monotonicSeconds,
    memory: @escaping () -> Int = { ResidentMemory.bytes }
  ) {
    self.baseline = baseline
    self.limits = limits
    self.seconds = seconds
    self.memory = memory
    nextCheck = limits.leastRows
    begin = seconds()
  }

  static func monotonicSeconds() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
  }

  /// Takes a slab into account; the answer holds the alarms that are new.
  func observe(_ slab: ScoredSlab, inputs: [String]) -> [Alarm] {
    let before = raised.count
    rows += slab.rows
    let bad = Set(slab.faults.map(\.row))
    for column in slab.scores where column.type.isNumeric { count(column, without: bad) }
    for (name, count) in zip(inputs, slab.nullCounts) { nulls[name, default: 0] += count }
    if rows >= nextCheck {
      nextCheck = rows + Self.rowsBetweenChecks
      checkDistributions()
    }
    checkPace(slab.rows)
    return Array(raised[before...])
  }

  /// Looks once more when all rows are in.
  func finish() -> [Alarm] {
    let before = raised.count
    if rows >= limits.leastRows { checkDistributions() }
    return Array(raised[before...])
  }

  /// What was seen, for later runs.
  func snapshot(model: String, version: String) -> DriftBaseline {
    DriftBaseline(
      model: model, version: version, rows: rows,
      rowsPerSecond: Double(rows) / max(seconds() - begin, 1e-9),
      scores: histograms.mapValues(\.bins), nullRates: nulls.mapValues(rate))
  }

  private func rate(_ count: Int) -> Double { rows > 0 ? Double(count) / Double(rows) : 0 }

  private func count(_ column: Column, without bad: Set<Int>) {
    var histogram = histograms[column.name] ?? ScoreHistogram()
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(column.rows, 1)) { numbers in
      _ = column.copyNumbers(to: UnsafeMutableBufferPointer(rebasing: numbers[..<column.rows]))
      for row in 0..<column.rows where bad.isEmpty || !bad.contains(row) { histogram.add(Float(numbers[row])) }
    }
    histograms[column.name] = histogram
  }

  // MARK: Distributions

  private func checkDistributions() {
    guard let baseline else { return }
    for (column, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
      guard let expected = baseline.histogram(column) else { continue }
      let index = histogram.stabilityIndex(against: expected)
      indices[column] = index
      guard index > limits.stabilityIndex else { continue }
      raise(
        "scores of \(column)",
        "after \(rows) rows, `\(column)` is distributed otherwise than in the baseline: its stability index is "
          + "\(rounded(index)), the limit \(rounded(limits.stabilityIndex))")
    }
    for (column, count) in nulls.sorted(by: { $0.key < $1.key }) {
      let expected = baseline.nullRates[column] ?? 0
      guard abs(rate(count) - expected) > limits.nullRate else { continue }
      raise(
        "nulls of \(column)",
        "after \(rows) rows, a share of \(rounded(rate(count))) of `\(column)` is null, in the baseline it was "
          + rounded(expected))
    }
  }

  // MARK: Pace and memory

  private func checkPace(_ count: Int) {
    let now = seconds()
    guard let start = windowStart else {
      windowStart = now
      return
    }
    windowRows += count
    guard now - start >= Self.window else { return }
    checkSpeed(Double(windowRows) / (now - start))
    checkMemory(at: now)
    windowStart = now
    windowRows = 0
  }

  private func checkSpeed(_ rate: Double) {
    fastest = max(fastest, rate)
    let expected = baseline.map(\.rowsPerSecond) ?? fastest
    slowWindows = rate < expected * (1 - limits.slowdown) ? slowWindows + 1 : 0
    guard slowWindows >= Self.windowsInARow else { return }
    raise(
      "speed",
      "\(Int(rate)) rows/s for \(slowWindows) s, where \(Int(expected)) were expected")
  }

  private func checkMemory(at now: Double) {
    memoryTrack.append((now, Double(memory())))
    if memoryTrack.count > Self.memorySamples { memoryTrack.removeFirst() }
    guard memoryTrack.count == Self.memorySamples else { return }
    let growth = slope(of: memoryTrack) * 60 / 1_048_576
    guard growth > limits.memoryGrowth else { return }
    raise("memory", "resident memory grows by \(Int(growth)) MiB a minute")
  }

  /// Bytes a second, by least squares.
  private func slope(of track: [(at: Double, bytes: Double)]) -> Double {
    let count = Double(track.count)
    let middle = (at: track.reduce(0) { $0 + $1.at } / count, bytes: track.reduce(0) { $0 + $1.bytes } / count)
    let spread = track.reduce(0) { $0 + ($1.at - middle.at) * ($1.at - middle.at) }
    let common = track.reduce(0) { $0 + ($1.at - middle.at) * ($1.bytes - middle.bytes) }
    return spread > 0 ? common / spread : 0
  }

  private func raise(_ subject: String, _ message: String) {
    guard !raised.contains(where: { $0.subject == subject }) else { return }
    raised.append(Alarm(subject: subject, message: message))
  }

  private func rounded(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(3)).grouping(.never))
  }
}
