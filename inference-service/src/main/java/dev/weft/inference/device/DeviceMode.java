package dev.weft.inference.device;

/** Which device an operator wants. */
public enum DeviceMode {
    /** CUDA where it works, else the CPU. */
    AUTO,
    /** The CPU, whatever else there is. */
    CPU,
    /** CUDA, or no start at all. */
    CUDA
}
