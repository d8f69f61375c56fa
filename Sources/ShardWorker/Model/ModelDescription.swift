import RunFiles

/// What `model.json` says of a model: where its weights are, how its inputs are made from columns,
/// and what its outputs become. Fields mirror the file; see `docs/run-files.md`.
struct ModelDescription: RunFile, Equatable {
  static let kind: String? = nil
  static let format = 1

  var name: String
  var version: String
  /// The version of the output's columns.
  var schemaVersion: Int
  /// The torch that compiled and saved the weights, such as `2.13.0+cpu`.
  var torch: String
  var idColumn: String
  var files: [File]
  var inputs: [Input]
  var outputs: [Output]

  enum CodingKeys: String, CodingKey {
    case name, version, torch, files, inputs, outputs
    case schemaVersion = "schema_version"
    case idColumn = "id_column"
  }

  /// One form of the weights.
  struct File: Codable, Equatable {
    var kind: Kind
    /// Relative to the directory of `model.json`.
    var path: String
    var sha256: String
    /// `cpu`, `cuda`, or `any`.
    var device: String
    /// The most rows that the compiled code takes, if it has such a bound.
    var maxBatchRows: Int?
    /// The vector instructions that compiled code uses: `DEFAULT`, `AVX2` or `AVX512`.
    var cpuCapability: String?

    enum CodingKeys: String, CodingKey {
      case kind, path, sha256, device
      case cpuCapability = "cpu_capability"
      case maxBatchRows = "max_batch_rows"
    }

    enum Kind: String, Codable {
      case aotinductor, torchscript
    }
  }

  /// One tensor [batch, features]; of a sequence [batch, length].
  struct Input: Codable, Equatable {
    var name: String
    var dtype: DType
    var features: [Feature]

    enum DType: String, Codable {
      case float32, int64
    }
  }

  /// One column of an input tensor.
  struct Feature: Codable, Equatable {
    var column: String
    var encoding: Encoding
    var mean: Double?
    var std: Double?
    var vocabulary: [VocabularyEntry]?
    var onNull: Policy?
    var onNaN: Policy?
    /// The raw value that takes the place of a null or NaN, before standardizing.
    var fill: Double?
    /// The values of each list, for `vector`.
    var size: Int?
    /// The most values of a list that are taken, for `sequence` and `mask`.
    var maxLength: Int?
    /// What makes short lists as long as the longest of their batch; 0 unless it is given.
    var pad: Double?
    /// Which part of a date or timestamp is the number, in UTC; seconds since 1970 unless it is given.
    var part: DatePart?

    enum CodingKeys: String, CodingKey {
      case column, encoding, mean, std, vocabulary, fill, size, pad, part
      case onNull = "on_null"
      case onNaN = "on_nan"
      case maxLength = "max_length"
    }

    enum Encoding: String, Codable {
      case identity, standardize, vocabulary
      /// A list of `size` numbers becomes as many columns of the tensor.
      case vector
      /// A list becomes a row, padded to the longest list of its batch.
      case sequence
      /// 1 for each value of a list, 0 for padding.
      case mask
    }

    enum DatePart: String, Codable {
      case year, month, day, weekday, hour, minute
    }
  }

  /// What happens to a row whose value is null or NaN.
  enum Policy: String, Codable {
    /// The shard fails and names the row.
    case fail
    /// The row goes to the dead-letter file.
    case deadLetter = "dead_letter"
    /// The feature's `fill` takes its place.
    case fill
    /// The index 0 of a vocabulary.
    case unknown
    /// NaN goes into the model as it is.
    case pass
  }

  /// One column of the output, made from an output tensor [batch, k].
  struct Output: Codable, Equatable {
    var column: String
    var type: ValueType
    /// Which of the model's outputs.
    var from: Int
    var transform: Transform
    var threshold: Double?
    /// Which of the k values; for softmax, of which the probability is taken.
    var index: Int?
    /// How many values `top_k` gives.
    var k: Int?

    enum ValueType: String, Codable {
      case float32, float64, int32, int64
    }

    enum Transform: String, Codable {
      case identity, sigmoid, threshold, softmax, argmax
      /// All values of a row, as a list.
      case vector
      /// A list of the `k` greatest values' positions, or of their probabilities, greatest first.
      case topK = "top_k"
    }
  }
}

/// An entry of a vocabulary: a text, or a whole number for integer columns.
enum VocabularyEntry: Codable, Hashable {
  case text(String)
  case integer(Int)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let integer = try? container.decode(Int.self) {
      self = .integer(integer)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .integer(let integer): try container.encode(integer)
    }
  }
}

extension ModelDescription {
  func validate(tree: JSONValue, path: String) throws(RunFileError) {
    if let reason = fault { throw .malformed(path: path, reason: reason) }
  }

  /// What is wrong with the description, if anything.
  private var fault: String? {
    if files.isEmpty { return "`files` is empty" }
    if inputs.isEmpty { return "`inputs` is empty" }
    if outputs.isEmpty { return "`outputs` is empty" }
    for input in inputs {
      if input.features.isEmpty { return "input `\(input.name)` has no features" }
      if input.features.count > 1, input.features.contains(where: \.encoding.isSequence) {
        return "input `\(input.name)`: a sequence or mask is an input's only feature"
      }
      for feature in input.features {
        if let reason = feature.fault(in: input) {
          return "input `\(input.name)`, column `\(feature.column)`: \(reason)"
        }
      }
    }
    for output in outputs {
      if let reason = output.fault { return "output `\(output.column)`: \(reason)" }
    }
    let names = [idColumn] + outputs.map(\.column)
    if Set(names).count != names.count { return "two output columns have the same name" }
    return nil
  }
}

extension ModelDescription.Feature {
  fileprivate func fault(in input: ModelDescription.Input) -> String? {
    let policies = [onNull, onNaN]
    switch encoding {
    case .standardize:
      guard mean != nil, let std, std > 0 else {
        return "`standardize` needs `mean`, and `std` above 0"
      }
      if input.dtype != .float32 { return "`standardize` needs an input of float32" }
    case .vocabulary:
      guard let vocabulary, !vocabulary.isEmpty else { return "`vocabulary` is missing or empty" }
      if Set(vocabulary).count != vocabulary.count { return "`vocabulary` names a value twice" }
      if policies.contains(.fill) || policies.contains(.pass) {
        return "a vocabulary takes `fail`, `dead_letter` or `unknown`"
      }
      return nil
    case .vector:
      guard let size, size > 0 else { return "`vector` needs `size`" }
      if input.dtype != .float32 { return "`vector` needs an input of float32" }
    case .sequence, .mask:
      guard let maxLength, maxLength > 0 else { return "`\(encoding)` needs `max_length`" }
    case .identity: break
    }
    if policies.contains(.unknown) { return "`unknown` is for vocabularies only" }
    if policies.contains(.fill), fill == nil { return "`fill` is missing" }
    if onNull == .pass { return "`pass` is for NaN only" }
    if onNaN == .pass, input.dtype != .float32 { return "an integer cannot be NaN" }
    return nil
  }
}

extension ModelDescription.Output {
  fileprivate var fault: String? {
    if from < 0 { return "`from` is negative" }
    if let index, index < 0 { return "`index` is negative" }
    switch transform {
    case .threshold where threshold == nil: return "`threshold` is missing"
    case .softmax where index == nil: return "`softmax` needs `index`"
    case .topK where k ?? 0 < 1: return "`top_k` needs `k`"
    case .vector where type == .int32 || type == .int64: return "a `vector` is float32 or float64"
    default: return nil
    }
  }
}

extension ModelDescription.Feature.Encoding {
  /// Whether the tensor is as wide as the longest list.
  var isSequence: Bool { self == .sequence || self == .mask }
}

extension ModelDescription.Output.Transform {
  /// Whether the result is a list.
  var givesList: Bool { self == .vector || self == .topK }
}

extension ModelDescription {
  /// The columns that are read, each once.
  var columns: [String] {
    var seen: Set<String> = []
    let all = [idColumn] + inputs.flatMap { $0.features.map(\.column) }
    return all.filter { seen.insert($0).inserted }
  }

  /// The columns whose texts are looked up in a vocabulary.
  var vocabularyColumns: Set<String> {
    let features = inputs.flatMap(\.features)
    return Set(features.filter { $0.encoding == .vocabulary }.map(\.column)).subtracting([idColumn])
  }

  /// The column of lists by whose length rows are grouped, if there is one.
  var sequenceColumn: String? {
    inputs.lazy.flatMap(\.features).first { $0.encoding == .sequence }?.column
  }
}
