import Foundation
import RunFiles
import Storage

/// The stages that a shard's rows pass through, each on a thread of its own:
/// read and decode, assemble features, infer, encode and write.
///
/// The last stage runs on the calling thread, in the order of the input's rows.
final class ShardPipeline: Sendable {
  /// Time that each stage worked.
  struct Clocks: Sendable {
    let read = StageClock()
    let assemble = StageClock()
    let infer = StageClock()
    let write = StageClock()
  }

  private let input: ShardInputSource
  private let assembler: FeatureAssembler
  private let inference: Inference
  private let batchRows: Int
  private let slabs = BoundedQueue<ShardInput.Slab>(capacity: 2)
  private let assembled = BoundedQueue<AssembledBatch>(capacity: 8)
  private let scored = BoundedQueue<ScoredBatch>(capacity: 8)
  private let failure = FirstFailure()
  let clocks = Clocks()

  init(
    _ input: ShardInputSource, _ assembler: FeatureAssembler, _ inference: Inference, batchRows: Int
  ) {
    self.input = input
    self.assembler = assembler
    self.inference = inference
    self.batchRows = batchRows
  }

  /// Passes the rows of the given row groups through the stages, and each scored batch to `write`.
  func run(
    _ rowGroups: Range<Int>, write: (ScoredBatch) throws(WorkerError) -> Void
  ) throws(WorkerError) {
    let stages = DispatchGroup()
    start("read", in: stages) { pipeline throws(WorkerError) in try pipeline.read(rowGroups) }
    start("assemble", in: stages) { pipeline throws(WorkerError) in try pipeline.assemble() }
    start("infer", in: stages) { pipeline throws(WorkerError) in try pipeline.infer() }
    do throws(WorkerError) {
      while let batch = scored.pop() {
        try clocks.write.measure { () throws(WorkerError) in try write(batch) }
      }
    } catch {
      fail(error)
    }
    stages.wait()
    if let error = failure.error { throw error }
  }

  private func start(
    _ name: String, in group: DispatchGroup,
    _ stage: @escaping @Sendable (ShardPipeline) throws(WorkerError) -> Void
  ) {
    group.enter()
    let thread = Thread { [self] in
      do throws(WorkerError) { try stage(self) } catch { fail(error) }
      group.leave()
    }
    thread.name = name
    // As much as a main thread has; libtorch's interpreter is not frugal.
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func fail(_ error: WorkerError) {
    failure.note(error)
    slabs.cancel()
    assembled.cancel()
    scored.cancel()
  }

  // MARK: Stages

  private func read(_ rowGroups: Range<Int>) throws(WorkerError) {
    let reader = input.open()
    var goesOn = true
    for ordinal in rowGroups where goesOn {
      try reader.read(ordinal: ordinal, batchRows: batchRows, clock: clocks.read) { slab in
        goesOn = slabs.push(slab)
        return goesOn
      }
    }
    slabs.finish()
  }

  private func assemble() throws(WorkerError) {
    while let slab = slabs.pop() {
      for start in stride(from: 0, to: slab.rows.rows, by: batchRows) {
        let end = min(start + batchRows, slab.rows.rows)
        let batch = try clocks.assemble.measure { () throws(WorkerError) in
          try assembler.batch(of: slab, start..<end)
        }
        guard assembled.push(batch) else { return }
      }
    }
    assembled.finish()
  }

  private func infer() throws(WorkerError) {
    while let batch = assembled.pop() {
      let outputs = try clocks.infer.measure { () throws(WorkerError) in
        try inference.run(batch.inputs)
      }
      guard scored.push(ScoredBatch(batch: batch, outputs: outputs)) else { return }
    }
    scored.finish()
  }
}

/// Makes readers of a shard's input; each is used by one thread.
struct ShardInputSource: Sendable {
  let plan: Plan
  let shard: Plan.Shard
  let description: ModelDescription

  func open() -> ShardInput {
    ShardInput(plan, shard: shard, description)
  }
}

extension FeatureAssembler {
  /// The batch of the given rows of a slab.
  func batch(
    of slab: ShardInput.Slab, _ range: Range<Int>
  ) throws(WorkerError) -> AssembledBatch {
    let rows = slab.rows[range]
    guard let ids = rows[idColumn] else {
      throw .software(reason: "column `\(idColumn)` was not read")
    }
    let result = try assemble(rows)
    var place = slab.place
    place.row += range.lowerBound
    return AssembledBatch(
      ids: ids, inputs: result.inputs, place: place, faults: result.faults,
      endsRowGroup: slab.isLastOfRowGroup && range.upperBound == slab.rows.rows)
  }
}

/// Keeps the first error of several threads; those that follow are its consequences.
private final class FirstFailure: @unchecked Sendable {
  // Sendable: guarded by `lock`.

  private let lock = NSLock()
  private var first: WorkerError?

  func note(_ error: WorkerError) {
    lock.withLock { first = first ?? error }
  }

  var error: WorkerError? {
    lock.withLock { first }
  }
}
