package dev.weft.bench;

import java.util.List;

/** What is embedded: short texts as a banking API sees them, 6 to 20 tokens. */
final class Sentences {

    static final String MODEL = "all-minilm-l6-v2";

    static final List<String> ALL = List.of(
            "How do I block my card?",
            "Card payment at the grocery store",
            "I was charged twice for the same transfer last Monday",
            "Monthly rent, apartment 4b",
            "Please raise the daily limit of my debit card to two thousand",
            "ATM withdrawal abroad with a fee",
            "The app logs me out whenever I open my savings account",
            "Salary payment from the city council");

    private Sentences() {}

    static String of(int number) {
        return ALL.get(Math.floorMod(number, ALL.size()));
    }
}
