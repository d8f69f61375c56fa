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
  private let gpu: GPUMonitor?
  private let begin = ContinuousClock.now
  private let lock = NSLock()
  private var state = State()

  private struct State {
    var earlierRows = 0
    var rows = 0
    var deadLetters = 0
    var checkpointAt = ContinuousClock.now
    var halvings = 0
    var stabilityIndices: [String: Double] = [:]
    var alarms: Int?
    var queueBytes: (@Sendable () -> Int)?
    var isDone = false
  }

  /// How far the shard is.
  struct Progress: Equatable {
    /// Rows done, those of earlier attempts included.
    let done: Int
    let total: Int
    /// Of this attempt; 0 before the first row.
    let rowsPerSecond: Double
  }

  init(
    jobID: String, modelVersion: String, totalRows: Int, batchRows: Int, gpu: GPUMonitor? = nil
  ) {
    self.gpu = gpu
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

  /// What the watch over scores and inputs says.
  func watched(indices: [String: Double], alarms: Int) {
    lock.withLock {
      state.stabilityIndices = indices
      state.alarms = alarms
    }
  }

  /// A batch did not fit into memory and was halved.
  func halved() {
    lock.withLock { state.halvings += 1 }
  }

  func checkpointed() {
    lock.withLock { state.checkpointAt = .now }
  }

  func finished() {
    lock.withLock { state.isDone = true }
  }

  var progress: Progress { progress(lock.withLock { state }) }

  private func progress(_ state: State) -> Progress {
    let seconds = max((ContinuousClock.now - begin).seconds, 1e-9)
    return Progress(
      done: state.earlierRows + state.rows, total: totalRows,
      rowsPerSecond: Double(state.rows) / seconds)
  }

  /// The figures as they are now.
  var page: String {
    let state = lock.withLock { self.state }
    var page = MetricsPage()
    addRows(state, to: &page)
    addStages(state, to: &page)
    addGPU(to: &page)
    addDrift(state, to: &page)
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
    let progress = progress(state)
    page.add(
      "batch_records_processed", .gauge, "Rows done, those of earlier attempts included.",
      [.init(labels: job, value: Double(progress.done))])
    page.add(
      "batch_records", .gauge, "Rows of the shard.", [.init(labels: job, value: Double(totalRows))])
    page.add(
      "batch_predictions_per_second", .gauge, "Rows a second, since this attempt's first batch.",
      [.init(labels: job, value: progress.rowsPerSecond)])
    guard progress.rowsPerSecond > 0 else { return }
    page.add(
      "batch_remaining_seconds", .gauge, "Time to the end at this speed.",
      [.init(labels: job, value: Double(totalRows - progress.done) / progress.rowsPerSecond)])
  }

  private func addDrift(_ state: State, to page: inout MetricsPage) {
    page.add(
      "batch_score_stability_index", .gauge,
      "Population stability index of an output's values against the baseline.",
      state.stabilityIndices.sorted { $0.key < $1.key }
        .map { .init(labels: [("column", $0.key)], value: $0.value) })
    page.add(
      "batch_drift_alarms_total", .counter, "Alarms about scores, nulls, speed and memory.",
      state.alarms.map { [.init(value: Double($0))] } ?? [])
  }

  private func addStages(_ state: State, to page: inout MetricsPage) {
    let stages = [
      ("read", clocks.read), ("assemble", clocks.assemble), ("infer", clocks.infer),
      ("encode", clocks.encode), ("write", clocks.write),
    ]
    page.add(
      "batch_stage_seconds_total", .counter, "Time that each stage worked, over its threads.",
      stages.map { .init(labels: [("stage", $0)], value: $1.seconds) })
    let waits = [("read", clocks.readBlocked), ("score", clocks.scoreBlocked), ("write", clocks.writeBlocked)]
    page.add(
      "batch_stage_blocked_seconds_total", .counter,
      "Time that each stage waited for its neighbours, over its threads.",
      waits.map { .init(labels: [("stage", $0)], value: $1.seconds) })
    page.add(
      "batch_halvings_total", .counter, "Batches that did not fit into memory and were halved.",
      [.init(value: Double(state.halvings))])
    page.add(
      "batch_rows_per_batch", .gauge, "Rows of a full batch.", [.init(value: Double(batchRows))])
    guard let queueBytes = state.queueBytes else { return }
    page.add(
      "batch_queue_bytes", .gauge, "Input that waits for the model.",
      [.init(value: Double(queueBytes()))])
  }
}

extension ShardMetrics {
  private func addGPU(to page: inout MetricsPage) {
    guard let figures = gpu?.figures else { return }
    func add(_ name: String, _ kind: MetricsPage.Kind, _ help: String, _ value: Double?) {
      page.add(name, kind, help, value.map { [.init(value: $0)] } ?? [])
    }
    add(
      "batch_gpu_utilization_ratio", .gauge, "Share of the time in which a kernel ran.",
      figures.utilization)
    add("batch_gpu_memory_used_bytes", .gauge, "Memory of the GPU in use.", figures.memoryUsed)
    add("batch_gpu_memory_bytes", .gauge, "Memory of the GPU.", figures.memoryTotal)
    add("batch_gpu_power_watts", .gauge, "What the GPU draws.", figures.powerWatts)
    add(
      "batch_gpu_energy_joules_total", .counter, "Energy of the GPU since its driver was loaded.",
      figures.energy)
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
