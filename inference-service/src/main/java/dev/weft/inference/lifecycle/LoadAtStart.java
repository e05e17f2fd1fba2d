package dev.weft.inference.lifecycle;

/** Which models are loaded before anybody asks for them. */
public enum LoadAtStart {
    /** All that the folders hold, as far as memory allows, and those that come later. */
    ALL,
    /** None: a model is loaded when somebody says so, which the gateway does when a request needs it. */
    NONE
}
