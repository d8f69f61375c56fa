/// The proof that a shard is done: its parts, their rows and hashes. Written last, as `receipt.json`;
/// a shard's parts do not count before it exists.
public struct Receipt: RunFile, Equatable {
  public static let kind: String? = "receipt"
  public static let format = 1

  /// The plan that this shard belongs to.
  public var planDigest: String
  public var shard: Int
  public var rowsIn: Int
  public var rowsOut: Int
  public var deadLetters: DeadLetters
  /// In the order of the input's rows.
  public var parts: [Part]
  public var schema: [OutputField]
  public var model: Model
  /// Further models of the same pass, if any.
  public var moreModels: [Model]?
  /// Rows a batch, which can decide the last bits of a score.
  public var batchRows: Int
  /// Threads of the model, for the same reason.
  public var threads: Int
  /// The attempt that finished the shard. Parts may come from earlier ones.
  public var attempt: String
  public var seconds: Seconds
  /// Of this attempt.
  public var cpuSeconds: Double
  public var maxRSSBytes: Int
  /// RFC 3339, in UTC. `startedAt` is the shard's first attempt's.
  public var startedAt: String
  public var finishedAt: String

  enum CodingKeys: String, CodingKey {
    case shard, parts, schema, model, threads, attempt, seconds
    case moreModels = "more_models"
    case planDigest = "plan_digest"
    case rowsIn = "rows_in"
    case rowsOut = "rows_out"
    case deadLetters = "dead_letters"
    case batchRows = "batch_rows"
    case cpuSeconds = "cpu_seconds"
    case maxRSSBytes = "max_rss_bytes"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
  }

  /// The model file that ran.
  public struct Model: Codable, Sendable, Equatable {
    public var name: String
    public var version: String
    /// Of the weights that ran, not of `model.json`.
    public var sha256: String
    /// `aotinductor` or `torchscript`.
    public var kind: String

    public init(name: String, version: String, sha256: String, kind: String) {
      self.name = name
      self.version = version
      self.sha256 = sha256
      self.kind = kind
    }
  }

  /// Wall-clock seconds of this attempt. Stages overlap, so their sum may exceed the total.
  public struct Seconds: Codable, Sendable, Equatable {
    public var total: Double
    /// From the program's start to the first batch: plan, hashes, model.
    public var start: Double
    public var read: Double
    public var assemble: Double
    public var infer: Double
    /// Encode, write, sync and hash.
    public var write: Double
    /// Receipts of earlier versions do not say.
    public var blocked: Blocked?

    public init(
      total: Double, start: Double, read: Double, assemble: Double, infer: Double, write: Double,
      blocked: Blocked? = nil
    ) {
      self.blocked = blocked
      self.total = total
      self.start = start
      self.read = read
      self.assemble = assemble
      self.infer = infer
      self.write = write
    }
  }

  /// Seconds that the threads of a stage waited for the stages beside it, added up.
  public struct Blocked: Codable, Sendable, Equatable {
    public var read: Double
    /// Assembly, model and encoding, which share threads.
    public var score: Double
    public var write: Double

    public init(read: Double, score: Double, write: Double) {
      self.read = read
      self.score = score
      self.write = write
    }
  }

  public init(
    planDigest: String, shard: Int, rowsIn: Int, rowsOut: Int, deadLetters: DeadLetters,
    parts: [Part], schema: [OutputField], model: Model, batchRows: Int, threads: Int,
    attempt: String, seconds: Seconds, cpuSeconds: Double, maxRSSBytes: Int,
    startedAt: String, finishedAt: String
  ) {
    self.planDigest = planDigest
    self.shard = shard
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    self.deadLetters = deadLetters
    self.parts = parts
    self.schema = schema
    self.model = model
    self.batchRows = batchRows
    self.threads = threads
    self.attempt = attempt
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.maxRSSBytes = maxRSSBytes
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }

  public func validate(tree: JSONValue, path: String) throws(RunFileError) {
    let partRows = parts.reduce(0) { $0 + $1.rows }
    guard partRows == rowsOut else {
      throw .malformed(path: path, reason: "its parts hold \(partRows) rows, `rows_out` is \(rowsOut)")
    }
    guard rowsOut + deadLetters.rows == rowsIn else {
      throw .malformed(
        path: path,
        reason: "\(rowsIn) rows in, but \(rowsOut) out and \(deadLetters.rows) dead letters")
    }
  }
}
