package dev.weft.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/** What is embedded: texts as a banking API sees them, the same ones in every run with the same seed. */
final class Texts {

    private static final List<String> QUESTIONS = List.of(
            "How do I block my {card} card?",
            "{Amount} paid at {place}",
            "I was charged {amount} twice for the same transfer",
            "Monthly rent from my {account} account",
            "Please raise the daily limit of my {card} card to {amount}",
            "ATM withdrawal of {amount} at {place} with a fee",
            "The app logs me out whenever I open my {account} account",
            "Salary payment of {amount} from {place}");

    private static final List<String> SENTENCES = List.of(
            "On Monday morning I noticed that a payment of {amount} to {place} had left my {account} account twice.",
            "The second booking carries the same reference number, but the amount was converted at a worse rate.",
            "I called the service line, waited for half an hour and was told that the {card} card would be replaced.",
            "Since then neither the old card nor the new one works at {place}, and the app shows no reason for it.",
            "Please reverse the charge of {amount}, confirm the new limit in writing and tell me how long this takes.",
            "My standing order for the rent was not executed although the {account} account held more than {amount}.",
            "The statement for last month lists a fee that your branch had promised to refund before the end of the year.",
            "I would also like to know whether the transfer from {place} has arrived and on which day it is booked.",
            "If the dispute cannot be settled by Friday, I ask you to close the {account} account and to pay out {amount}.",
            "All receipts are attached, together with the letter in which {place} confirms that the goods came back.");

    private static final List<String> CARDS =
            List.of("debit", "credit", "virtual", "company", "lost", "new", "second", "stolen");
    private static final List<String> ACCOUNTS =
            List.of("savings", "joint", "business", "current", "student", "foreign currency", "deposit", "closed");
    private static final List<String> AMOUNTS = List.of(
            "two thousand euros",
            "19.90 euros",
            "half my salary",
            "300 francs",
            "1,250 dollars",
            "85 cents",
            "seven hundred pounds",
            "a small sum");
    private static final List<String> PLACES = List.of(
            "the grocery store",
            "the airport in Lisbon",
            "my landlord",
            "the city council",
            "an online shop",
            "the tax office",
            "a petrol station near the border",
            "the university");

    private Texts() {}

    /** Sixty-four different short texts, 6 to 20 tokens, in an order that mixes the lengths. */
    static List<Text> sentences(ToIntFunction<String> tokens) {
        List<Text> texts = new ArrayList<>();
        for (int filler = 0; filler < CARDS.size(); filler++) {
            for (String question : QUESTIONS) {
                texts.add(text(fill(question, filler), tokens));
            }
        }
        return texts;
    }

    /** Paragraphs of about so many tokens: as long as whole words allow, and never longer. */
    static List<Text> paragraphs(int count, int length, long seed, ToIntFunction<String> tokens) {
        Random random = new Random(seed);
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(paragraph(length, random, tokens));
        }
        return texts;
    }

    /** Texts whose length is spread evenly over the logarithm: as many of 8 to 16 tokens as of 128 to 256. */
    static List<Text> logUniform(int count, int shortest, int longest, long seed, ToIntFunction<String> tokens) {
        Random random = new Random(seed);
        List<Text> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double log = Math.log(shortest) + random.nextDouble() * (Math.log(longest) - Math.log(shortest));
            texts.add(paragraph((int) Math.round(Math.exp(log)), random, tokens));
        }
        return texts;
    }

    private static Text paragraph(int length, RandomGenerator random, ToIntFunction<String> tokens) {
        StringBuilder whole = new StringBuilder();
        while (tokens.applyAsInt(whole.toString()) < length) {
            String sentence = SENTENCES.get(random.nextInt(SENTENCES.size()));
            whole.append(whole.isEmpty() ? "" : " ").append(fill(sentence, random.nextInt(CARDS.size())));
        }
        String text = whole.toString();
        while (tokens.applyAsInt(text) > length && text.lastIndexOf(' ') > 0) {
            text = text.substring(0, text.lastIndexOf(' '));
        }
        return text(text, tokens);
    }

    private static Text text(String value, ToIntFunction<String> tokens) {
        return new Text(value, tokens.applyAsInt(value));
    }

    private static String fill(String template, int filler) {
        String amount = AMOUNTS.get(filler);
        return template.replace("{card}", CARDS.get(filler))
                .replace("{account}", ACCOUNTS.get(filler))
                .replace("{amount}", amount)
                .replace("{Amount}", Character.toUpperCase(amount.charAt(0)) + amount.substring(1))
                .replace("{place}", PLACES.get(filler));
    }
}
