import Foundation
import RunFiles
import Storage

/// The stages that a shard's rows pass through: one thread reads and decodes, several assemble features,
/// run the model and encode, and the calling thread writes, in the order of the input's rows.
final class ShardPipeline: Sendable {
  /// Time that each stage worked, added up over its threads.
  struct Clocks: Sendable {
    let read = StageClock()
    let assemble = StageClock()
    let infer = StageClock()
    let encode = StageClock()
    let write = StageClock()
    /// Time that the threads waited for the stages beside theirs.
    let readBlocked = StageClock()
    let scoreBlocked = StageClock()
    let writeBlocked = StageClock()
  }

  private struct NumberedSlab: Sendable {
    let number: Int
    let slab: ShardInput.Slab
  }

  private let input: ShardInputSource
  private let scorers: [SlabScorer]
  private let batchRows: Int
  private let slabs: BoundedQueue<NumberedSlab>
  private let scored: OrderedQueue<ScoredSlab>
  private let failure = FirstFailure()
  private let clocks: Clocks

  /// Reads at most `queueBytes` ahead of the scorers, each of which gets a thread.
  init(
    _ input: ShardInputSource, _ scorers: [SlabScorer], batchRows: Int, queueBytes: Int,
    clocks: Clocks
  ) {
    self.input = input
    self.scorers = scorers
    self.batchRows = batchRows
    self.clocks = clocks
    slabs = BoundedQueue(capacity: queueBytes) { $0.slab.rows.byteCount }
    // Room for what is scored while a part is synced to disk.
    scored = OrderedQueue(window: 4 * scorers.count)
  }

  /// Input that waits for a scorer.
  var queuedBytes: Int { slabs.load }

  /// Passes the rows of the given row groups through the stages, and each scored slab to `write`.
  func run(
    _ rowGroups: Range<Int>, write: (ScoredSlab) throws(WorkerError) -> Void
  ) throws(WorkerError) {
    let stages = DispatchGroup()
    start("read", in: stages) { pipeline throws(WorkerError) in try pipeline.read(rowGroups) }
    for scorer in scorers {
      start("score", in: stages) { pipeline throws(WorkerError) in try pipeline.score(scorer) }
    }
    do throws(WorkerError) {
      while let slab = clocks.writeBlocked.measure({ scored.pop() }) {
        try clocks.write.measure { () throws(WorkerError) in try write(slab) }
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
    scored.cancel()
  }

  // MARK: Stages

  private func read(_ rowGroups: Range<Int>) throws(WorkerError) {
    let reader = input.open()
    var number = 0
    var goesOn = true
    for ordinal in rowGroups where goesOn {
      try reader.read(ordinal: ordinal, batchRows: batchRows, clock: clocks.read) { slab in
        goesOn = clocks.readBlocked.measure {
          slabs.push(NumberedSlab(number: number, slab: slab))
        }
        number += 1
        return goesOn
      }
    }
    slabs.finish()
    scored.finish(total: number)
  }

  private func score(_ scorer: SlabScorer) throws(WorkerError) {
    while let next = clocks.scoreBlocked.measure({ slabs.pop() }) {
      let slab = try scorer.score(next.slab)
      let goesOn = clocks.scoreBlocked.measure { scored.push(slab, number: next.number) }
      guard goesOn else { return }
    }
  }
}

/// Makes readers of a shard's input; each is used by one thread.
struct ShardInputSource: Sendable {
  let plan: Plan
  let shard: Plan.Shard
  let models: [ModelDescription]

  func open() -> ShardInput {
    ShardInput(plan, shard: shard, models)
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
