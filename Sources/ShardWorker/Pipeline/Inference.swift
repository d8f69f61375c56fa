/// Runs the model on batches; a batch that does not fit into memory is halved, and the same rows are
/// tried again. Rows that the model fails on are found, and the others are scored.
final class Inference: @unchecked Sendable {
  // Sendable: used by one thread at a time.

  /// The outputs for all rows of a batch; what stands in rows that the model failed on means nothing.
  struct Result {
    var outputs: [OutputTensor]
    var poison: [PoisonSearch.Row] = []
  }

  private let model: TorchModel
  private let encoder: OutputEncoder
  private let metrics: ShardMetrics
  /// Poison rows that make further searching pointless.
  private let poisonLimit: Int
  /// One row of outputs, of the first batch that passed.
  private var template: [OutputTensor]?
  /// How often a batch had to be halved.
  private(set) var halvings = 0

  init(_ model: TorchModel, _ encoder: OutputEncoder, _ metrics: ShardMetrics, poisonLimit: Int) {
    self.model = model
    self.encoder = encoder
    self.metrics = metrics
    self.poisonLimit = poisonLimit
  }

  /// The outputs for all rows of the inputs.
  func run(_ inputs: [InputTensor]) throws(WorkerError) -> Result {
    let start = ContinuousClock.now
    let rows = 0..<(inputs.first?.rows ?? 0)
    var result: Result
    do throws(TorchFailure) {
      result = Result(outputs: try run(inputs, rows))
      if template == nil { template = result.outputs.map { $0.repeating(row: 0, count: 1) } }
    } catch {
      guard error.isOfRows else { throw error.workerError(path: model.path) }
      result = try runWithoutPoison(inputs, rows, error)
    }
    metrics.durations.add((ContinuousClock.now - start).seconds)
    if let fault = encoder.fault(in: result.outputs) {
      throw .modelFailed(path: model.path, reason: fault)
    }
    return result
  }

  /// Puts a row that the model can take in the place of those that it cannot, so that the batch stays the
  /// same for the others.
  private func runWithoutPoison(
    _ inputs: [InputTensor], _ rows: Range<Int>, _ failure: TorchFailure
  ) throws(WorkerError) -> Result {
    var search = PoisonSearch(limit: poisonLimit, isTrusted: template != nil) { (rows) throws(TorchFailure) in
      _ = try self.run(inputs, rows)
    }
    do throws(TorchFailure) {
      try search.look(in: rows, after: failure)
      guard let good = search.good else {
        guard let template else { throw failure }
        let outputs = template.map { $0.repeating(row: 0, count: rows.count) }
        return Result(outputs: outputs, poison: search.found)
      }
      for row in search.found { for input in inputs { input.copyRow(good, to: row.row) } }
      return Result(outputs: try run(inputs, rows), poison: search.found)
    } catch {
      throw error.workerError(path: model.path)
    }
  }

  private func run(
    _ inputs: [InputTensor], _ rows: Range<Int>
  ) throws(TorchFailure) -> [OutputTensor] {
    do throws(TorchFailure) {
      return try model.run(inputs, rows: rows)
    } catch {
      guard error.isOutOfMemory, rows.count > 1 else { throw error }
    }
    // Past the catch block: the exception may hold tensors, which are free only now.
    halvings += 1
    metrics.halved()
    let middle = rows.lowerBound + rows.count / 2
    let first = try run(inputs, rows.lowerBound..<middle)
    let second = try run(inputs, middle..<rows.upperBound)
    return try join(first, second)
  }

  private func join(
    _ first: [OutputTensor], _ second: [OutputTensor]
  ) throws(TorchFailure) -> [OutputTensor] {
    var joined = first
    for position in joined.indices {
      guard second.count == first.count, joined[position].append(second[position]) else {
        throw TorchFailure(ofModel: "the outputs change their shape from batch to batch")
      }
    }
    return joined
  }
}
