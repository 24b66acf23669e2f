/** Names and descriptions of sample rewards in Hindi and Indonesian, by the reward's id. */
export const sampleTexts: Readonly<Record<number, Record<"hi" | "id", readonly [name: string, description: string]>>> =
  {
    15465: { hi: ["पॉपकॉर्न", "पॉपकॉर्न, हमारी ओर से"], id: ["Popcorn", "Popcorn, dari kami"] },
    15466: { hi: ["नाचोज़", "नाचोज़, हमारी ओर से"], id: ["Nachos", "Nachos, dari kami"] },
    15470: {
      hi: ["दो के लिए कॉफ़ी", "दो के लिए कॉफ़ी, हमारी ओर से"],
      id: ["Kopi untuk berdua", "Kopi untuk berdua, dari kami"],
    },
    15471: {
      hi: ["किताबों की दुकान का कार्ड", "किताबों के लिए कार्ड, हमारी ओर से"],
      id: ["Kartu toko buku", "Kartu toko buku, dari kami"],
    },
    15472: {
      hi: ["टोकरी पर दस प्रतिशत छूट", "आपकी ख़रीदारी पर दस प्रतिशत छूट"],
      id: ["Diskon sepuluh persen", "Diskon sepuluh persen untuk belanjaan Anda"],
    },
    15473: { hi: ["जन्मदिन का केक", "जन्मदिन का केक, हमारी ओर से"], id: ["Kue ulang tahun", "Kue ulang tahun, dari kami"] },
    15474: { hi: ["एयर माइल्स", "एयर माइल्स, हमारी ओर से"], id: ["Mil udara", "Mil udara, dari kami"] },
    15475: { hi: ["कॉन्सर्ट की सीट", "कॉन्सर्ट की सीट, हमारी ओर से"], id: ["Kursi konser", "Kursi konser, dari kami"] },
    15476: { hi: ["हेडफ़ोन वाउचर", "हेडफ़ोन के लिए वाउचर"], id: ["Voucer headphone", "Voucer untuk headphone"] },
    15477: {
      hi: ["स्वागत स्टिकर", "स्वागत स्टिकर, हमारी ओर से"],
      id: ["Stiker selamat datang", "Stiker selamat datang, dari kami"],
    },
    15478: {
      hi: ["हर एक के लिए एक स्पा दिवस", "एक स्पा दिवस, हमारी ओर से"],
      id: ["Satu hari spa per orang", "Sehari spa, dari kami"],
    },
    15479: { hi: ["संग्रहालय का पास", "दिन में तीन पास तक"], id: ["Tiket museum", "Paling banyak tiga tiket sehari"] },
    15480: { hi: ["लाउंज में प्रवेश", "लाउंज में प्रवेश, हमारी ओर से"], id: ["Akses lounge", "Akses lounge, dari kami"] },
    15481: {
      hi: ["ग्रीष्म उत्सव", "ग्रीष्म उत्सव, हमारी ओर से"],
      id: ["Festival musim panas", "Festival musim panas, dari kami"],
    },
    15484: {
      hi: ["कार्डधारकों का रात्रिभोज", "रात्रिभोज, हमारी ओर से"],
      id: ["Makan malam pemegang kartu", "Makan malam, dari kami"],
    },
    15485: { hi: ["बिक चुके जूते", "जूते, हमारी ओर से"], id: ["Sepatu yang habis", "Sepatu, dari kami"] },
    15486: { hi: ["गिफ़्ट कार्ड 1000", "1000 का गिफ़्ट कार्ड"], id: ["Kartu hadiah 1000", "Kartu hadiah senilai 1000"] },
    15487: {
      hi: ["गोवा में सप्ताहांत", "गोवा में सप्ताहांत, हमारी ओर से"],
      id: ["Akhir pekan di Goa", "Akhir pekan di Goa, dari kami"],
    },
    15488: { hi: ["स्टील की बोतल", "स्टील की बोतल, हमारी ओर से"], id: ["Botol baja", "Botol baja, dari kami"] },
    15489: { hi: ["एक पेड़ लगाएँ", "आपके नाम पर एक पेड़"], id: ["Sebatang pohon ditanam", "Sebatang pohon atas nama Anda"] },
  };
