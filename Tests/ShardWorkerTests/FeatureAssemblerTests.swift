import Storage
import Testing

@testable import ShardWorker

@Suite("Assembling features")
struct FeatureAssemblerTests {
  private typealias Feature = ModelDescription.Feature

  private func assemble(
    _ features: [Feature], _ columns: [Column], as dtype: ModelDescription.Input.DType = .float32
  ) throws -> FeatureAssembler.Result {
    var description = TestLake.description
    description.inputs = [ModelDescription.Input(name: "in", dtype: dtype, features: features)]
    let ids = Column("id", texts: (0..<columns[0].rows).map { "\($0)" })
    return try FeatureAssembler(description).assemble(RecordBatch([ids] + columns))
  }

  @Test("features stand side by side, one row after another")
  func layout() throws {
    let result = try assemble(
      [
        Feature(column: "a", encoding: .identity),
        Feature(column: "b", encoding: .standardize, mean: 10, std: 4),
      ], [Column("b", [Int32(10), 14]), Column("a", [0.5, 1.5])])
    #expect(result.inputs[0].floatValues == [0.5, 0, 1.5, 1])
    #expect(result.faults.isEmpty)
  }

  @Test("standardizing takes the value as Float32 and subtracts and divides in Float32")
  func precision() throws {
    let values = [0.1, 1e7 + 0.3, -3.7]
    let result = try assemble(
      [Feature(column: "a", encoding: .standardize, mean: 0.3, std: 0.7)], [Column("a", values)])
    let expected = values.map { (Float($0) - Float(0.3)) / Float(0.7) }
    #expect(result.inputs[0].floatValues == expected)
  }

  @Test("a row gives the same inputs whatever batch it is in")
  func rowByRow() throws {
    let column = Column("a", (0..<50).map { Float($0) })
    let features = [Feature(column: "a", encoding: .standardize, mean: 3, std: 2)]
    let whole = try assemble(features, [column]).inputs[0].floatValues
    for row in 0..<50 {
      let single = try assemble(features, [column[row..<row + 1]])
      #expect(single.inputs[0].floatValues[0] == whole[row])
    }
  }

  @Test("null policies: fail and dead_letter name the row, fill takes the raw value's place")
  func nullPolicies() throws {
    let column = Column("a", optional: [1, nil, 3].map { $0.map { Double($0) } })
    func result(_ policy: ModelDescription.Policy?) throws -> FeatureAssembler.Result {
      try assemble(
        [Feature(column: "a", encoding: .standardize, mean: 1, std: 2, onNull: policy, fill: 9)],
        [column])
    }
    let fault = FeatureAssembler.Fault(
      row: 1, column: "a", reason: "the value is null", isFatal: true)
    #expect(try result(nil).faults == [fault])
    #expect(try result(.fail).faults == [fault])
    #expect(try result(.deadLetter).faults.map(\.isFatal) == [false])
    #expect(try result(.fill).faults.isEmpty)
    #expect(try result(.fill).inputs[0].floatValues == [0, 4, 1])
  }

  @Test("NaN has a policy of its own")
  func nanPolicies() throws {
    let column = Column("a", [1, Float.nan])
    func result(_ policy: ModelDescription.Policy?) throws -> FeatureAssembler.Result {
      try assemble([Feature(column: "a", encoding: .identity, onNaN: policy, fill: 5)], [column])
    }
    #expect(try result(nil).faults.map(\.reason) == ["the value is NaN"])
    #expect(try result(nil).faults.map(\.isFatal) == [true])
    #expect(try result(.deadLetter).faults.map(\.isFatal) == [false])
    #expect(try result(.fill).inputs[0].floatValues == [1, 5])
    let passed = try result(.pass)
    #expect(passed.faults.isEmpty)
    #expect(passed.inputs[0].floatValues[1].isNaN)
  }

  @Test("a value that is null counts as null alone, whatever its slot holds")
  func nullIsNotNaN() throws {
    let column = Column("a", optional: [Double.nan, nil])
    let result = try assemble(
      [Feature(column: "a", encoding: .identity, onNull: .deadLetter, onNaN: .deadLetter)],
      [column])
    #expect(result.faults.map(\.reason) == ["the value is NaN", "the value is null"])
  }

  @Test("a vocabulary counts from 1; unknown values and nulls are 0")
  func vocabulary() throws {
    let feature = Feature(
      column: "k", encoding: .vocabulary, vocabulary: ["b", "a"].map { .text($0) },
      onNull: .unknown)
    let result = try assemble(
      [feature], [Column("k", texts: ["a", "b", "z", nil, ""])], as: .int64)
    #expect(result.inputs[0].integerValues == [2, 1, 0, 0, 0])
    #expect(result.faults.isEmpty)
  }

  @Test("a vocabulary of whole numbers looks up integer columns")
  func integerVocabulary() throws {
    let feature = Feature(
      column: "k", encoding: .vocabulary, vocabulary: [.integer(7), .integer(3)], onNull: .unknown)
    let result = try assemble(
      [feature], [Column("k", optional: [Int32(3), nil, 7, 5])], as: .int64)
    #expect(result.inputs[0].integerValues == [2, 0, 1, 0])
  }

  @Test("an integer input keeps all digits, and refuses fractions")
  func integers() throws {
    let feature = [Feature(column: "a", encoding: .identity)]
    let exact = try assemble(
      feature, [Column("a", [Int64(9_007_199_254_740_993)])], as: .int64)
    #expect(exact.inputs[0].integerValues[0] == 9_007_199_254_740_993)
    let fraction = try assemble(feature, [Column("a", [2.0, 2.5])], as: .int64)
    #expect(fraction.inputs[0].integerValues[0] == 2)
    #expect(fraction.faults.map(\.row) == [1])
  }

  @Test("a row with several faults is reported once, the fatal one first")
  func severalFaults() throws {
    let result = try assemble(
      [
        Feature(column: "a", encoding: .identity, onNull: .deadLetter),
        Feature(column: "b", encoding: .identity, onNull: .fail),
      ],
      [Column("a", optional: [nil, 1.0]), Column("b", optional: [nil, 1.0])])
    #expect(result.faults.count == 1)
    #expect(result.faults[0].column == "b")
    #expect(result.faults[0].isFatal)
  }

  @Test(
    "descriptions that make no sense are refused",
    arguments: [
      Feature(column: "a", encoding: .standardize, mean: 1),
      Feature(column: "a", encoding: .standardize, mean: 1, std: 0),
      Feature(column: "a", encoding: .vocabulary),
      Feature(column: "a", encoding: .vocabulary, vocabulary: [.text("x"), .text("x")]),
      Feature(column: "a", encoding: .vocabulary, vocabulary: [.text("x")], onNull: .fill),
      Feature(column: "a", encoding: .identity, onNull: .fill),
      Feature(column: "a", encoding: .identity, onNull: .unknown),
      Feature(column: "a", encoding: .identity, onNull: .pass),
    ])
  func nonsense(_ feature: ModelDescription.Feature) throws {
    let lake = TestLake()
    try lake.writeModel { $0.inputs[0].features[0] = feature }
    let error = #expect(throws: WorkerError.self) { try ModelDirectory(path: lake.model) }
    #expect(error?.exitStatus == .model)
    #expect(error?.message.contains("column `a`") == true)
  }
}

extension InputTensor {
  fileprivate var floatValues: [Float] { withExtendedLifetime(self) { Array(floats) } }
  fileprivate var integerValues: [Int64] { withExtendedLifetime(self) { Array(integers) } }
}
