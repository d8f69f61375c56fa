import Foundation
import Storage

/// The figures of one attempt at a shard, for Prometheus; see `docs/metrics.md`.
final class ShardMetrics: @unchecked Sendable {
  // Sendable: what changes is guarded by `lock`; clocks and histogram guard themselves.

  let clocks = ShardPipeline.Clocks()
  let durations = DurationHistogram()
  private let jobID: String
  private let modelVersion: String
  private let totalRows: Int
  private let batchRows: Int
  private let begin = ContinuousClock.now
  private let lock = NSLock()
  private var state = State()

  private struct State {
    var earlierRows = 0
    var rows = 0
    var deadLetters = 0
    var checkpointAt = ContinuousClock.now
    var queueBytes: (@Sendable () -> Int)?
    var isDone = false
  }

  init(jobID: String, modelVersion: String, totalRows: Int, batchRows: Int) {
    self.jobID = jobID
    self.modelVersion = modelVersion
    self.totalRows = totalRows
    self.batchRows = batchRows
  }

  /// Says how many rows earlier attempts did, and where to ask for the bytes that wait in the queue.
  func started(earlierRows: Int, queueBytes: @escaping @Sendable () -> Int) {
    lock.withLock {
      state.earlierRows = earlierRows
      state.queueBytes = queueBytes
    }
  }

  func wrote(rows: Int, deadLetters: Int) {
    lock.withLock {
      state.rows += rows
      state.deadLetters += deadLetters
    }
  }

  func checkpointed() {
    lock.withLock { state.checkpointAt = .now }
  }

  func finished() {
    lock.withLock { state.isDone = true }
  }

  /// The figures as they are now.
  var page: String {
    let state = lock.withLock { self.state }
    var page = MetricsPage()
    addRows(state, to: &page)
    addStages(state, to: &page)
    let rss = Double(ResidentMemory.bytes)
    page.add("batch_resident_memory_bytes", .gauge, "Resident memory.", [.init(value: rss)])
    let age = (ContinuousClock.now - state.checkpointAt).seconds
    page.add(
      "batch_checkpoint_age_seconds", .gauge, "Time since the last checkpoint.",
      [.init(value: age)])
    page.add(
      "batch_complete", .gauge, "1 once the receipt is written.",
      [.init(value: state.isDone ? 1 : 0)])
    return page.text
  }

  private func addRows(_ state: State, to page: inout MetricsPage) {
    let job = [("job_id", jobID)]
    let version = ("model_version", modelVersion)
    page.add(
      "batch_inferences_total", .counter, "Rows that this attempt has dealt with.",
      [
        .init(labels: [version, ("status", "ok")], value: Double(state.rows - state.deadLetters)),
        .init(labels: [version, ("status", "dead_letter")], value: Double(state.deadLetters)),
      ])
    page.add(
      "batch_inference_duration_seconds", .histogram, "Time of the model for one batch.",
      durations.samples)
    let done = state.earlierRows + state.rows
    page.add(
      "batch_records_processed", .gauge, "Rows done, those of earlier attempts included.",
      [.init(labels: job, value: Double(done))])
    page.add(
      "batch_records", .gauge, "Rows of the shard.", [.init(labels: job, value: Double(totalRows))])
    let rate = Double(state.rows) / max((ContinuousClock.now - begin).seconds, 1e-9)
    page.add(
      "batch_predictions_per_second", .gauge, "Rows a second, since this attempt's first batch.",
      [.init(labels: job, value: rate)])
    guard rate > 0 else { return }
    page.add(
      "batch_remaining_seconds", .gauge, "Time to the end at this speed.",
      [.init(labels: job, value: Double(totalRows - done) / rate)])
  }

  private func addStages(_ state: State, to page: inout MetricsPage) {
    let stages = [
      ("read", clocks.read), ("assemble", clocks.assemble), ("infer", clocks.infer),
      ("encode", clocks.encode), ("write", clocks.write),
    ]
    page.add(
      "batch_stage_seconds_total", .counter, "Time that each stage worked, over its threads.",
      stages.map { .init(labels: [("stage", $0)], value: $1.seconds) })
    page.add(
      "batch_rows_per_batch", .gauge, "Rows of a full batch.", [.init(value: Double(batchRows))])
    guard let queueBytes = state.queueBytes else { return }
    page.add(
      "batch_queue_bytes", .gauge, "Input that waits for the model.",
      [.init(value: Double(queueBytes()))])
  }
}

/// The memory of this process.
enum ResidentMemory {
  /// The most it ever was, in bytes. `getrusage` would count what the parent had when it forked.
  static var peakBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }

  /// In bytes; 0 where the system does not say.
  static var bytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii) else { return 0 }
    let fields = text.split(separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
  }
}
