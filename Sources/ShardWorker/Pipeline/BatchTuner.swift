import RunFiles
import Storage

/// Finds the batch size that gives the most rows a second, on the shard's first rows.
struct BatchTuner {
  /// What was found.
  struct Result: Equatable {
    let batchRows: Int
    let rowsPerSecond: Double
  }

  private static let smallest = 256
  private static let largest = 262_144
  /// The gain that a doubled batch must bring to be worth its memory.
  private static let worthwhileGain = 1.05
  private static let leastMeasured = Duration.milliseconds(4)

  private let model: TorchModel
  private let inputs: [InputTensor]
  private let rows: Int

  /// Reads and assembles the first rows of a row group.
  init(
    _ model: TorchModel, _ source: ShardInputSource, rowGroup: Int
  ) throws(WorkerError) {
    let assembler = FeatureAssembler(source.description)
    var first: ShardInput.Slab?
    try source.open().read(ordinal: rowGroup, batchRows: Self.largest, clock: StageClock()) { slab in
      first = slab
      return false
    }
    guard let first else { throw .software(reason: "row group \(rowGroup) of the shard is empty") }
    self.model = model
    rows = min(first.rows.rows, Self.largest)
    inputs = try assembler.assemble(first.rows[0..<rows]).inputs
  }

  /// Tries powers of two from 256 to 262,144 and `limit`, until twice in a row a size is no faster.
  func sweep(limit: Int) throws(WorkerError) -> [Result] {
    var results = [try measure(min(Self.smallest, limit))]
    var fastest = results[0].rowsPerSecond
    var size = Self.smallest * 2
    var stalls = 0
    while size <= min(Self.largest, limit), size <= rows, stalls < 2 {
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

  /// Warms the model up for batches of a size, and measures.
  func measure(_ batchRows: Int) throws(WorkerError) -> Result {
    let size = min(batchRows, rows)
    do throws(TorchFailure) {
      // TorchScript specialises code during its first two calls.
      for _ in 0..<2 { _ = try model.run(inputs, rows: 0..<size) }
      let rate = try max(pass(size), pass(size), pass(size))
      return Result(batchRows: batchRows, rowsPerSecond: rate)
    } catch {
      guard error.isOutOfMemory, size > 1 else { throw error.workerError(path: model.path) }
      return Result(batchRows: batchRows, rowsPerSecond: 0)
    }
  }

  /// Rows a second over the rows at hand, or as many as take 4 ms.
  private func pass(_ size: Int) throws(TorchFailure) -> Double {
    let start = ContinuousClock.now
    var done = 0
    repeat {
      let from = done % (rows - size + 1)
      _ = try model.run(inputs, rows: from..<from + size)
      done += size
    } while ContinuousClock.now - start < Self.leastMeasured
    return Double(done) / (ContinuousClock.now - start).seconds
  }
}
