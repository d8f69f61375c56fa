/// How far a shard has come: the parts that are finished, and the settings that decide their bytes.
///
/// Written before the first batch, and again after each part, as `checkpoint.json`.
public struct Checkpoint: RunFile, Equatable {
  public static let kind: String? = "checkpoint"
  public static let format = 1

  public var planDigest: String
  public var shard: Int
  public var settings: Settings
  /// Row groups of the shard that lie in `parts`, from its first.
  public var rowGroupsDone: Int
  public var rowsIn: Int
  public var parts: [Part]
  public var deadLetters: DeadLetters
  /// Bytes of the dead-letter file up to here; what follows in it is not part of the checkpoint.
  public var deadLetterBytes: Int
  /// RFC 3339: when the shard's first attempt began.
  public var startedAt: String

  enum CodingKeys: String, CodingKey {
    case shard, settings, parts
    case planDigest = "plan_digest"
    case rowGroupsDone = "row_groups_done"
    case rowsIn = "rows_in"
    case deadLetters = "dead_letters"
    case deadLetterBytes = "dead_letter_bytes"
    case startedAt = "started_at"
  }

  /// What must stay the same for a resumed shard to equal an uninterrupted one, byte for byte.
  public struct Settings: Codable, Sendable, Equatable {
    /// SHA-256 of the weights.
    public var modelSHA256: String
    /// `aotinductor` or `torchscript`.
    public var modelKind: String
    /// The version of libtorch.
    public var torch: String
    /// The vector instructions that libtorch uses: kernels for others may round differently.
    public var cpuCapability: String
    public var device: String
    public var threads: Int
    public var batchRows: Int
    /// A part ends at the first row group's end at which it has so many input rows.
    public var partRows: Int

    enum CodingKeys: String, CodingKey {
      case torch, device, threads
      case modelSHA256 = "model_sha256"
      case modelKind = "model_kind"
      case cpuCapability = "cpu_capability"
      case batchRows = "batch_rows"
      case partRows = "part_rows"
    }

    public init(
      modelSHA256: String, modelKind: String, torch: String, cpuCapability: String,
      device: String, threads: Int, batchRows: Int, partRows: Int
    ) {
      self.modelSHA256 = modelSHA256
      self.modelKind = modelKind
      self.torch = torch
      self.cpuCapability = cpuCapability
      self.device = device
      self.threads = threads
      self.batchRows = batchRows
      self.partRows = partRows
    }
  }

  /// The state before the first batch.
  public init(planDigest: String, shard: Int, settings: Settings, startedAt: String) {
    self.planDigest = planDigest
    self.shard = shard
    self.settings = settings
    self.startedAt = startedAt
    rowGroupsDone = 0
    rowsIn = 0
    parts = []
    deadLetters = .none
    deadLetterBytes = 0
  }
}
