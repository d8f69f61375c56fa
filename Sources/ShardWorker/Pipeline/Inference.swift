/// Runs the model on batches; a batch that does not fit into memory is halved, and the same rows are
/// tried again.
final class Inference: @unchecked Sendable {
  // Sendable: used by one thread at a time.

  private let model: TorchModel
  private let encoder: OutputEncoder
  private let durations: DurationHistogram
  /// How often a batch had to be halved.
  private(set) var halvings = 0

  init(_ model: TorchModel, _ encoder: OutputEncoder, _ durations: DurationHistogram) {
    self.model = model
    self.encoder = encoder
    self.durations = durations
  }

  /// The outputs for all rows of the inputs.
  func run(_ inputs: [InputTensor]) throws(WorkerError) -> [OutputTensor] {
    let start = ContinuousClock.now
    let outputs = try run(inputs, 0..<(inputs.first?.rows ?? 0))
    durations.add((ContinuousClock.now - start).seconds)
    if let fault = encoder.fault(in: outputs) {
      throw .modelFailed(path: model.path, reason: fault)
    }
    return outputs
  }

  private func run(
    _ inputs: [InputTensor], _ rows: Range<Int>
  ) throws(WorkerError) -> [OutputTensor] {
    do throws(TorchFailure) {
      return try model.run(inputs, rows: rows)
    } catch {
      guard error.isOutOfMemory else { throw error.workerError(path: model.path) }
      guard rows.count > 1 else { throw .outOfMemory(reason: error.message, batchRows: rows.count) }
    }
    // Past the catch block: the exception may hold tensors, which are free only now.
    halvings += 1
    let middle = rows.lowerBound + rows.count / 2
    let first = try run(inputs, rows.lowerBound..<middle)
    let second = try run(inputs, middle..<rows.upperBound)
    return try join(first, second)
  }

  private func join(
    _ first: [OutputTensor], _ second: [OutputTensor]
  ) throws(WorkerError) -> [OutputTensor] {
    var joined = first
    for position in joined.indices {
      guard second.count == first.count, joined[position].append(second[position]) else {
        throw .modelFailed(
          path: model.path, reason: "the outputs change their shape from batch to batch")
      }
    }
    return joined
  }
}
