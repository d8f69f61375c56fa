import Storage

/// Makes the model's inputs from columns.
///
/// A row's values depend on the row alone: all statistics come with the model, none from a batch.
struct FeatureAssembler: Sendable {
  /// A row that cannot be scored, by its position in the batch.
  struct Fault: Equatable {
    let row: Int
    let column: String
    let reason: String
    /// Whether the shard must fail, whatever number of bad rows is allowed.
    let isFatal: Bool
  }

  /// The inputs of a batch. Rows with faults hold zeros where a value is missing.
  struct Result {
    let inputs: [InputTensor]
    /// In the order of rows, the first fault of each.
    let faults: [Fault]
  }

  /// What makes one input.
  private enum Encoders {
    case columns([FeatureEncoder])
    case sequence(SequenceEncoder)

    init(_ features: [ModelDescription.Feature]) {
      if let only = features.first, only.encoding.isSequence {
        self = .sequence(SequenceEncoder(only))
      } else {
        self = .columns(features.map(FeatureEncoder.init))
      }
    }
  }

  let idColumn: String
  private let inputs: [(input: ModelDescription.Input, encoders: Encoders)]

  init(_ description: ModelDescription) {
    idColumn = description.idColumn
    inputs = description.inputs.map { ($0, Encoders($0.features)) }
  }

  /// Checks that a file has the columns that are needed, with types that can be used.
  func check(_ fields: [Field], path: String) throws(WorkerError) {
    guard let id = fields.first(where: { $0.name == idColumn }) else {
      throw .missingColumn(path: path, column: idColumn, purpose: "the id")
    }
    guard [.string, .largeString, .int32, .int64].contains(id.type) else {
      throw .wrongColumnType(
        path: path, column: idColumn, found: id.type.name, purpose: "the id",
        needed: "string, int32 or int64")
    }
    for (input, encoders) in inputs {
      switch encoders {
      case .columns(let all):
        for encoder in all { try encoder.check(fields, path: path, input: input.name) }
      case .sequence(let encoder): try encoder.check(fields, path: path, input: input.name)
      }
    }
  }

  /// Assembles the inputs of one batch.
  func assemble(_ batch: RecordBatch) throws(WorkerError) -> Result {
    var faults: [Fault] = []
    if let id = batch[idColumn] {
      faults += id.nullRows.map {
        Fault(row: $0, column: idColumn, reason: "the id is null", isFatal: false)
      }
    }
    var tensors: [InputTensor] = []
    for (input, encoders) in inputs {
      switch encoders {
      case .sequence(let encoder):
        tensors.append(encoder.encode(try column(encoder.column, of: batch), input.dtype, faults: &faults))
      case .columns(let all):
        let width = all.reduce(0) { $0 + $1.width }
        let tensor = InputTensor(input.dtype, rows: batch.rows, features: width)
        var position = 0
        for encoder in all {
          let column = try column(encoder.column, of: batch)
          encoder.encode(column, into: tensor, feature: position, faults: &faults)
          position += encoder.width
        }
        tensors.append(tensor)
      }
    }
    return Result(inputs: tensors, faults: Self.firstOfEachRow(faults))
  }

  private func column(_ name: String, of batch: RecordBatch) throws(WorkerError) -> Column {
    guard let column = batch[name] else { throw .software(reason: "column `\(name)` was not read") }
    return column
  }

  private static func firstOfEachRow(_ faults: [Fault]) -> [Fault] {
    guard faults.count > 1 else { return faults }
    // A fatal fault must not hide behind another one of its row.
    let ordered = faults.enumerated().sorted {
      ($0.element.row, $0.element.isFatal ? 0 : 1, $0.offset)
        < ($1.element.row, $1.element.isFatal ? 0 : 1, $1.offset)
    }
    var seen: Set<Int> = []
    return ordered.map(\.element).filter { seen.insert($0.row).inserted }
  }
}
