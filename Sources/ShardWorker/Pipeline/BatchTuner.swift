import RunFiles
import Storage

/// Finds the batch size that gives the most rows a second, on the shard's first rows. Several models run one after
/// the other on each batch, and are measured so.
struct BatchTuner {
  /// What was found.
  struct Result: Equatable {
    let batchRows: Int
    let rowsPerSecond: Double
  }

  private static let smallest = 256
  private static let largest = 262_144
  /// The same for models of sequences, whose rows take a thousand times as long.
  private static let smallestOfSequences = 8
  private static let largestOfSequences = 1024
  /// The gain that a doubled batch must bring to be worth its memory.
  private static let worthwhileGain = 1.05
  private static let leastMeasured = Duration.milliseconds(4)
  /// A call that takes so long need not be repeated to be measured.
  private static let longCall = Duration.milliseconds(50)
  /// No larger size is tried after so long.
  private static let budget = Duration.milliseconds(250)

  private struct Target {
    let model: TorchModel
    let inputs: [InputTensor]
  }

  private let targets: [Target]
  private let rows: Int
  private let hasSequences: Bool

  /// Reads and assembles the first rows of a row group.
  init(
    _ models: [LoadedModel], _ source: ShardInputSource, rowGroup: Int
  ) throws(WorkerError) {
    hasSequences = models.contains { $0.description.sequenceColumn != nil }
    let most = hasSequences ? Self.largestOfSequences : Self.largest
    var first: ShardInput.Slab?
    try source.open().read(ordinal: rowGroup, batchRows: most, clock: StageClock()) { slab in
      first = slab
      return false
    }
    guard let first else { throw .software(reason: "row group \(rowGroup) of the shard is empty") }
    rows = min(first.rows.rows, most)
    let batch = first.rows[0..<rows]
    targets = try models.map { (model) throws(WorkerError) in
      let inputs = try FeatureAssembler(model.description).assemble(batch).inputs
      return Target(model: model.torch, inputs: inputs)
    }
  }

  /// Tries powers of two from 256 to 262,144 and `limit`, until twice in a row a size is no faster, or 250 ms
  /// are over.
  func sweep(limit: Int) throws(WorkerError) -> [Result] {
    let begin = ContinuousClock.now
    let smallest = hasSequences ? Self.smallestOfSequences : Self.smallest
    var results = [try measure(min(smallest, limit))]
    var fastest = results[0].rowsPerSecond
    var size = smallest * 2
    var stalls = 0
    while size <= min(Self.largest, limit), size <= rows, stalls < 2, ContinuousClock.now - begin < Self.budget {
      guard let result = try? measure(size) else { break }
      results.append(result)
      stalls = result.rowsPerSecond > fastest * Self.worthwhileGain ? 0 : stalls + 1
      fastest = max(fastest, result.rowsPerSecond)
      size *= 2
    }
    return results
  }

  /// The smallest batch that is near the fastest: a larger one must be worth its memory.
  static func best(of results: [Result]) -> Result {
    let fastest = results.map(\.rowsPerSecond).max() ?? 0
    return results.first { $0.rowsPerSecond * worthwhileGain >= fastest }
      ?? Result(batchRows: smallest, rowsPerSecond: 0)
  }

  /// Warms the models up for batches of a size, and measures.
  func measure(_ batchRows: Int) throws(WorkerError) -> Result {
    let size = min(batchRows, rows)
    var rate = 0.0
    for target in targets {
      do throws(TorchFailure) {
        let seconds = 1 / max(try self.rate(target, size), 1e-9)
        rate = 1 / (seconds + (rate > 0 ? 1 / rate : 0))
      } catch {
        guard error.isOutOfMemory, size > 1 else { throw error.workerError(path: target.model.path) }
        return Result(batchRows: batchRows, rowsPerSecond: 0)
      }
    }
    return Result(batchRows: batchRows, rowsPerSecond: rate)
  }

  private func rate(_ target: Target, _ size: Int) throws(TorchFailure) -> Double {
    let start = ContinuousClock.now
    do throws(TorchFailure) {
      _ = try target.model.run(target.inputs, rows: 0..<size)
    } catch {
      guard error.isOfRows else { throw error }
      try putGoodRowEverywhere(target, error)
    }
    // TorchScript specialises code during its first two calls.
    let second = ContinuousClock.now
    _ = try target.model.run(target.inputs, rows: 0..<size)
    let spent = ContinuousClock.now - second
    if spent > Self.longCall { return Double(size) / min(spent, second - start).seconds }
    return try max(pass(target, size), pass(target, size), pass(target, size))
  }

  /// The first rows may hold one that the model fails on, which says nothing of its speed.
  private func putGoodRowEverywhere(_ target: Target, _ failure: TorchFailure) throws(TorchFailure) {
    for row in 0..<min(rows, 64) {
      guard (try? target.model.run(target.inputs, rows: row..<row + 1)) != nil else { continue }
      for other in 0..<rows where other != row {
        for input in target.inputs { input.copyRow(row, to: other) }
      }
      return
    }
    throw failure
  }

  /// Rows a second over the rows at hand, or as many as take 4 ms.
  private func pass(_ target: Target, _ size: Int) throws(TorchFailure) -> Double {
    let start = ContinuousClock.now
    var done = 0
    repeat {
      let from = done % (rows - size + 1)
      _ = try target.model.run(target.inputs, rows: from..<from + size)
      done += size
    } while ContinuousClock.now - start < Self.leastMeasured
    return Double(done) / (ContinuousClock.now - start).seconds
  }
}
