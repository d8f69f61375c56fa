import CArrow

/// Memory that Arrow holds, in bytes.
public enum ArrowMemory {
  public static var bytes: Int { Int(carrow_memory_bytes()) }
  public static var peak: Int { Int(carrow_memory_peak()) }
}
